#include "tests/integration/cutting_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace sluice::testing {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

// The number after the host's ':' in postgresql://user:password@127.0.0.1:5432/name.
std::uint16_t port_in(const std::string& url) {
  const std::size_t slash = url.rfind('/');
  const std::size_t colon = url.rfind(':', slash);
  return static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1)));
}

}  // namespace

CuttingProxy::CuttingProxy(const std::string& postgres_url) : port_(port_in(postgres_url)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
      ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  const std::size_t slash = postgres_url.rfind('/');
  const std::size_t colon = postgres_url.rfind(':', slash);
  url_ = postgres_url.substr(0, colon + 1) + std::to_string(ntohs(at.sin_port)) +
         postgres_url.substr(slash) + "?sslmode=disable&gssencmode=disable";
  acceptor_ = std::thread([this] { accept_loop(); });
}

CuttingProxy::~CuttingProxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) ::close(socket);
  ::close(listener_);
}

void CuttingProxy::accept_loop() {
  for (;;) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in to = loopback(port_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    const std::lock_guard lock(mutex_);
    sockets_.push_back(client);
    sockets_.push_back(server);
    threads_.emplace_back([this, client, server] { serve(client, server); });
  }
}

void CuttingProxy::serve(int client, int server) {
  std::array<char, 65536> buffer{};
  bool cut = false;  // the answer that comes next is not handed on
  for (;;) {
    std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (::poll(both.data(), both.size(), -1) < 0) break;
    if (both[0].revents != 0) {
      const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      const std::string_view sent(buffer.data(), static_cast<std::size_t>(got));
      cut = cut || (sent.starts_with('Q') && sent.find("COMMIT") != std::string_view::npos &&
                    armed_.exchange(false));
      ::send(server, sent.data(), sent.size(), MSG_NOSIGNAL);
    }
    if (both[1].revents != 0) {
      const ssize_t got = ::recv(server, buffer.data(), buffer.size(), 0);
      if (got <= 0 || cut) break;
      ::send(client, buffer.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
    }
  }
  ::shutdown(client, SHUT_RDWR);
  ::shutdown(server, SHUT_RDWR);
}

}  // namespace sluice::testing
