#pragma once
// A proxy between a Kafka client and its broker that can hold back one request, as a slow path or a load
// balancer does: the client times out and goes on over another connection, and the request still
// arrives, later. It forwards bytes and changes none.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::testing {

class TcpProxy {
 public:
  // Listens at `listen` and forwards to `upstream` (both host:port, IPv4). Throws if it cannot.
  TcpProxy(const std::string& listen, const std::string& upstream);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  // The next request with this API key stays here until release(), whatever its client does.
  void hold_next(std::int16_t api_key);
  bool holding() const;
  // Sends it on.
  void release();
  // The broker has answered the request that was held.
  bool held_was_answered() const;

  static constexpr std::int16_t kEndTxn = 26;

 private:
  void accept_loop();
  void requests(int client, int server);
  void answers(int server, int client);
  bool should_hold(std::int16_t api_key);

  std::string upstream_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::int16_t hold_key_ = -1;
  bool holding_ = false;
  int held_server_ = -1;  // where the released request went
  bool released_ = false;
  bool answered_ = false;
  std::list<std::thread> threads_;
  std::list<int> sockets_;
  std::thread acceptor_;
};

}  // namespace sluice::testing
