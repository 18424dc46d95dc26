#pragma once
// Lets a service's requests in or refuses them: by their token where a file of tokens is named, and by how many there
// are where a limit is set. Routes that need no scope are open to everyone and never counted.
//
// The file is looked at once a second. One that is broken, or gone, is told in the log and by
// sluice_tokens_reload_success, and the tokens that were read last stay.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/access/access.h"
#include "common/access/rate_limit.h"
#include "common/adapters/http/server.h"
#include "common/base/clock.h"
#include "common/config/settings.h"
#include "common/telemetry/metrics.h"

namespace sluice {

// What a route needs, by method and pattern; nothing: it is open.
using NeededScope = std::function<std::optional<access::Scope>(std::string_view method, std::string_view route)>;

class AccessGuard {
 public:
  // Reads the file; throws ConfigError where it is broken. `metrics` and `clock` outlive it.
  AccessGuard(const AccessSettings& settings, NeededScope needed, access::RateLimit limit, Metrics& metrics,
              const Clock& clock);
  ~AccessGuard() { stop(); }
  void start();  // looking at the file
  void stop();

  // The server's guard: the refusal, or nothing. Sets the request's principal. The IO thread.
  std::optional<http::Response> check(http::Request& request, std::string_view route);
  // Reads the file if it is another one now. What start() does each second.
  void look_at_file();

 private:
  using Tokens = std::vector<access::Token>;

  struct Stamp {
    std::int64_t device = 0, inode = 0, bytes = 0, written_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  static std::optional<Stamp> stamp_of(const std::string& path);
  Result<Tokens> read_file() const;
  access::Decision decide(const http::Request& request, access::Scope needed) const;
  http::Response refuse(const access::Decision& decision, access::Scope needed);
  void count_refusal(const char* reason);
  void tell_reload(bool good);
  void run();

  std::string path_;  // empty: no token is needed
  NeededScope needed_;
  access::RateLimiter limiter_;
  Metrics& metrics_;
  const Clock& clock_;
  std::optional<Stamp> stamp_;
  mutable std::mutex mutex_;  // tokens_, stopping_
  std::shared_ptr<const Tokens> tokens_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace sluice
