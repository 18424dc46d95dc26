#include "tests/support/tcp_proxy.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace sluice::testing {
namespace {

sockaddr_in address_of(const std::string& host_port) {
  const std::size_t colon = host_port.rfind(':');
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<std::uint16_t>(std::stoi(host_port.substr(colon + 1))));
  if (::inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &out.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + host_port);
  }
  return out;
}

bool read_all(int socket, char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(socket, into, size, 0);
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(int socket, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t put = ::send(socket, from, size, MSG_NOSIGNAL);
    if (put <= 0) return false;
    from += put;
    size -= static_cast<std::size_t>(put);
  }
  return true;
}

}  // namespace

TcpProxy::TcpProxy(const std::string& listen, const std::string& upstream) : upstream_(upstream) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in at = address_of(listen);
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 64) != 0) {
    throw std::runtime_error("the proxy cannot listen at " + listen);
  }
  acceptor_ = std::thread([this] { accept_loop(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  changed_.notify_all();
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

void TcpProxy::accept_loop() {
  while (!stopping_) {
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    const int server = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in to = address_of(upstream_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      ::close(client);
      ::close(server);
      continue;
    }
    const std::lock_guard lock(mutex_);
    sockets_.push_back(client);
    sockets_.push_back(server);
    threads_.emplace_back([this, client, server] { requests(client, server); });
    threads_.emplace_back([this, server, client] { answers(server, client); });
  }
}

bool TcpProxy::should_hold(std::int16_t api_key) {
  const std::lock_guard lock(mutex_);
  if (api_key != hold_key_) return false;
  hold_key_ = -1;
  holding_ = true;
  return true;
}

void TcpProxy::requests(int client, int server) {
  std::vector<char> frame;
  for (;;) {
    char head[4];
    if (!read_all(client, head, sizeof head)) break;
    std::uint32_t size = 0;
    std::copy(head, head + 4, reinterpret_cast<char*>(&size));
    size = ntohl(size);
    frame.resize(4 + size);
    std::copy(head, head + 4, frame.begin());
    if (!read_all(client, frame.data() + 4, size)) break;
    const auto key = static_cast<std::int16_t>(static_cast<unsigned char>(frame[4]) << 8 | static_cast<unsigned char>(frame[5]));
    if (should_hold(key)) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return released_ || stopping_; });
      if (stopping_) return;
      lock.unlock();
      {
        const std::lock_guard again(mutex_);
        held_server_ = server;
      }
      write_all(server, frame.data(), frame.size());
      continue;
    }
    if (!write_all(server, frame.data(), frame.size())) break;
  }
  // The client is gone; what the broker still has to say is read to its end by the other thread.
  ::shutdown(server, SHUT_WR);
}

void TcpProxy::answers(int server, int client) {
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::recv(server, buffer, sizeof buffer, 0);
    if (got <= 0) break;
    {
      const std::lock_guard lock(mutex_);
      answered_ = answered_ || server == held_server_;
    }
    write_all(client, buffer, static_cast<std::size_t>(got));  // a client that is gone needs no answer
  }
  ::shutdown(client, SHUT_RDWR);
}

void TcpProxy::hold_next(std::int16_t api_key) {
  const std::lock_guard lock(mutex_);
  hold_key_ = api_key;
  holding_ = false;
  released_ = false;
  answered_ = false;
  held_server_ = -1;
}

bool TcpProxy::holding() const {
  const std::lock_guard lock(mutex_);
  return holding_;
}

void TcpProxy::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

bool TcpProxy::held_was_answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

}  // namespace sluice::testing
