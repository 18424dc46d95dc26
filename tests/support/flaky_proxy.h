#pragma once
// A proxy before any TCP server that cuts connections in the middle of an answer, or refuses them all.
// It forwards bytes and changes none.

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::testing {

class FlakyProxy {
 public:
  // Forwards to 127.0.0.1:`upstream` from a free port.
  explicit FlakyProxy(std::uint16_t upstream);
  ~FlakyProxy();
  FlakyProxy(const FlakyProxy&) = delete;
  FlakyProxy& operator=(const FlakyProxy&) = delete;

  std::uint16_t port() const { return port_; }
  // The next `times` connections end after this many bytes of answers.
  void cut(int times, std::size_t after_bytes);
  // Connections end at once, until it is said otherwise.
  void refuse(bool all) { refusing_ = all; }
  int cuts() const { return cuts_; }

 private:
  void accept_loop();
  void serve(int client);

  std::uint16_t upstream_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> refusing_{false};
  std::atomic<int> cuts_{0};
  std::atomic<int> cuts_left_{0};
  std::atomic<std::size_t> cut_after_{0};
  std::mutex mutex_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace sluice::testing
