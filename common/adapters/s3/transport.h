#pragma once
// One signed HTTP request to an S3 server, by libcurl. Thread-safe: each call takes
// a connection of its own and gives it back for the next.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/adapters/s3/credentials.h"

namespace sluice::s3 {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  std::size_t answer_limit = std::size_t{8} << 20;  // a longer body is cut, and not complete
};

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::map<std::string, std::string> headers;  // lower-case names
  std::string body;                            // what came, also of an answer that was cut
  bool complete = false;
  std::string trouble;  // why it is not complete
  bool hopeless = false;  // so is every further try, until a person does something
};

class Transport {
 public:
  Transport(std::string region, std::string ca_file);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  HttpAnswer send(const HttpRequest& request, const Keys& keys);
  // Ends what is under way, and everything after it, soon.
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

 private:
  void* take();
  void give_back(void* handle);

  std::string region_;
  std::string ca_file_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<void*> idle_;  // CURL*
};

}  // namespace sluice::s3
