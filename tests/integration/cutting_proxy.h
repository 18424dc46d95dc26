#pragma once
// A proxy before PostgreSQL that lets a COMMIT through, waits for the server's answer, and cuts the
// connection instead of handing it on: the transaction has happened and its client cannot know.

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::testing {

class CuttingProxy {
 public:
  // Forwards to the server of the URL.
  explicit CuttingProxy(const std::string& postgres_url);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  // The URL with this proxy in the place of the server.
  std::string url() const { return url_; }
  void cut_next_commit() { armed_ = true; }

 private:
  void accept_loop();
  void serve(int client, int server);

  std::string url_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<bool> armed_{false};
  std::mutex mutex_;
  std::list<std::thread> threads_;
  std::list<int> sockets_;
  std::thread acceptor_;
};

}  // namespace sluice::testing
