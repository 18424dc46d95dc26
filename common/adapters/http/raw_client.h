#pragma once
// For the server's tests.

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::http {

// A client that says exactly the bytes it is told to.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  bool connected() const { return connected_; }
  void say(std::string_view bytes) { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // What fits into the connection within `patience`.
  std::size_t say_within(std::string_view bytes, timeval patience) {
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::size_t said = 0;
    while (said < bytes.size()) {
      const ssize_t sent = ::send(fd_, bytes.data() + said, bytes.size() - said, MSG_NOSIGNAL);
      if (sent <= 0) break;
      said += static_cast<std::size_t>(sent);
    }
    return said;
  }
  // What has come when `count` answers' ends (given text) were seen, or the server closed.
  std::string hear(std::string_view until = {}, int count = 1) {
    std::string out;
    char bytes[4096];
    for (;;) {
      int seen = 0;
      for (std::size_t at = 0; !until.empty() && (at = out.find(until, at)) != std::string::npos;
           at += until.size()) {
        ++seen;
      }
      if (!until.empty() && seen >= count) return out;
      const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
      if (got <= 0) return out;
      out.append(bytes, static_cast<std::size_t>(got));
    }
  }

 private:
  int fd_;
  bool connected_ = false;
};

}  // namespace sluice::http
