#include "tests/support/flaky_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace sluice::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// False: the other side is gone.
bool pass_on(int to, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t sent = ::send(to, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

FlakyProxy::FlakyProxy(std::uint16_t upstream) : upstream_(upstream) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the proxy finds no port");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

FlakyProxy::~FlakyProxy() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (std::thread& thread : threads_) thread.join();
}

void FlakyProxy::cut(int times, std::size_t after_bytes) {
  cut_after_ = after_bytes;
  cuts_left_ = times;
}

void FlakyProxy::accept_loop() {
  while (!stopping_) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, client] { serve(client); });
  }
}

void FlakyProxy::serve(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(upstream_);
  bool open = !refusing_ && ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  std::size_t answered = 0;
  char buffer[16 * 1024];
  while (open && !stopping_ && !refusing_) {
    pollfd sockets[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(sockets, 2, 50) < 0) break;
    if (sockets[0].revents != 0) {
      const ssize_t got = ::recv(client, buffer, sizeof buffer, 0);
      open = got > 0 && pass_on(server, buffer, got);
    }
    if (open && sockets[1].revents != 0) {
      const ssize_t got = ::recv(server, buffer, sizeof buffer, 0);
      if (got > 0) answered += static_cast<std::size_t>(got);
      open = got > 0 && pass_on(client, buffer, got);
      if (open && cuts_left_ > 0 && answered > cut_after_) {
        --cuts_left_;
        ++cuts_;
        open = false;
      }
    }
  }
  ::close(server);
  ::close(client);
}

}  // namespace sluice::testing
