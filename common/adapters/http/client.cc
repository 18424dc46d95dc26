#include "common/adapters/http/client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

namespace sluice::http {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxAnswerBytes = 256UL * 1024 * 1024;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// True when the socket is ready; false at the deadline.
bool wait_for(int fd, short events, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return false;
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// An empty string if connected, else why not.
std::string connect_to(const addrinfo& address, int fd, SteadyClock::time_point deadline) {
  if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (!wait_for(fd, POLLOUT, deadline)) return "no connection in time";
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 ? std::string() : std::strerror(error);
}

std::string send_all(int fd, std::string_view bytes, SteadyClock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_for(fd, POLLOUT, deadline)) return "the request could not be sent in time";
    } else if (errno != EINTR) {
      // The server may have refused early; its answer may still be there to read.
      return {};
    }
  }
  return {};
}

std::string receive_all(int fd, std::string& out, SteadyClock::time_point deadline) {
  char bytes[16 * 1024];
  for (;;) {
    if (!wait_for(fd, POLLIN, deadline)) return "no answer in time";
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got == 0) return {};
    if (got > 0) {
      out.append(bytes, static_cast<std::size_t>(got));
      if (out.size() > kMaxAnswerBytes) return "the answer is larger than 256 MiB";
    } else if (errno != EINTR && errno != EAGAIN) {
      return out.empty() ? std::strerror(errno) : std::string();
    }
  }
}

// The whole text is the number.
bool parse_number(std::string_view text, int base, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

// "1a" of "1a ; name=value".
std::string_view chunk_size(std::string_view line) { return line.substr(0, line.find_first_of("; \t")); }

bool decode_chunks(std::string_view bytes, std::string& out) {
  for (;;) {
    std::size_t size = 0;
    const std::size_t line = bytes.find("\r\n");
    if (line == std::string_view::npos || !parse_number(chunk_size(bytes.substr(0, line)), 16, size))
      return false;
    bytes.remove_prefix(line + 2);
    if (size == 0) return true;
    // Compared from this side: a size near 2^64 must not wrap.
    if (bytes.size() < 2 || bytes.size() - 2 < size) return false;
    out.append(bytes.substr(0, size));
    bytes.remove_prefix(size + 2);
  }
}

}  // namespace

std::string_view ClientResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

Result<ClientResponse> parse_response(std::string_view bytes, bool head_only) {
  ClientResponse out;
  while (bytes.starts_with("HTTP/1.1 100")) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return fail("the answer is cut short");
    bytes.remove_prefix(end + 4);
  }
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return fail("the answer is cut short");
  std::string_view head = bytes.substr(0, end + 2);
  const std::string_view body = bytes.substr(end + 4);
  std::size_t status = 0;
  const bool has_status = head.starts_with("HTTP/1.") && head.size() > 12 && head[8] == ' ' &&
                          (head[12] == ' ' || head[12] == '\r');
  if (!has_status || !parse_number(head.substr(9, 3), 10, status) || status < 100) {
    return fail("the answer is not HTTP");
  }
  out.status = static_cast<int>(status);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::size_t line_end = head.find("\r\n");
    const std::string_view line = head.substr(0, line_end);
    head.remove_prefix(line_end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return fail("the answer has a malformed header");
    std::string name(line.substr(0, colon));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    out.headers.emplace_back(std::move(name), value);
  }
  std::size_t length = 0;
  if (head_only || status == 204 || status == 304) return out;
  if (out.header("transfer-encoding") == "chunked") {
    if (!decode_chunks(body, out.body)) return fail("the answer is cut short");
  } else if (const std::string_view text = out.header("content-length"); text.empty()) {
    out.body = body;
  } else {
    if (!parse_number(text, 10, length) || body.size() < length)
      return fail("the answer is cut short");
    out.body = body.substr(0, length);
  }
  return out;
}

namespace {

// A connection, or an Error that names the address.
Result<std::unique_ptr<Socket>> connected(const std::string& address, std::uint16_t port,
                                          SteadyClock::time_point deadline) {
  const std::string where = address + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found);
      code != 0) {
    return fail("Cannot reach " + where + ": " + ::gai_strerror(code));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, &::freeaddrinfo);
  auto socket = std::make_unique<Socket>(
      ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket->fd() < 0) return fail("Cannot open a socket: " + std::string(std::strerror(errno)));
  if (auto why = connect_to(*found, socket->fd(), deadline); !why.empty()) {
    return fail("Cannot reach " + where + ": " + why);
  }
  return socket;
}

std::string head_of(std::string_view method, std::string_view target, const std::string& where,
                    const ClientHeaders& headers) {
  std::string out(method);
  out.append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(where).append("\r\n");
  out.append("Connection: close\r\n");
  for (const auto& [name, value] : headers)
    out.append(name).append(": ").append(value).append("\r\n");
  return out;
}

bool has_answered(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

// Sends the body in chunks of one buffer each, until its end or an early answer.
Result<bool> send_body(int fd, const BodySource& body, std::chrono::milliseconds patience) {
  static constexpr std::size_t kBuffer = 256UL * 1024;
  std::string bytes(kBuffer, '\0');
  char size[32];
  for (;;) {
    const auto got = body(bytes);
    if (!got) return tl::unexpected(got.error());
    const auto deadline = SteadyClock::now() + patience;
    const int digits = std::snprintf(size, sizeof size, "%zx\r\n", *got);
    std::string why = send_all(fd, {size, static_cast<std::size_t>(digits)}, deadline);
    if (why.empty()) why = send_all(fd, {bytes.data(), *got}, deadline);
    if (why.empty()) why = send_all(fd, "\r\n", deadline);
    if (!why.empty()) return fail(std::move(why));
    if (*got == 0 || has_answered(fd)) return true;
  }
}

}  // namespace

Result<ClientResponse> call(const std::string& address, std::uint16_t port, std::string_view method,
                            std::string_view target, const ClientHeaders& headers,
                            std::string_view body, std::chrono::milliseconds timeout) {
  const auto deadline = SteadyClock::now() + timeout;
  const std::string where = address + ":" + std::to_string(port);
  const auto socket = connected(address, port, deadline);
  if (!socket) return tl::unexpected(socket.error());
  std::string request = head_of(method, target, where, headers);
  if (!body.empty() || method == "POST" || method == "PUT") {
    request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  request.append("\r\n").append(body);

  std::string answer;
  std::string why = send_all((*socket)->fd(), request, deadline);
  if (why.empty()) why = receive_all((*socket)->fd(), answer, deadline);
  if (!why.empty()) return fail("Cannot reach " + where + ": " + why);
  auto response = parse_response(answer, method == "HEAD");
  if (!response) return fail(where + ": " + response.error().message);
  return response;
}

Result<ClientResponse> post_stream(const std::string& address, std::uint16_t port,
                                   std::string_view target, const ClientHeaders& headers,
                                   const BodySource& body, std::chrono::milliseconds patience) {
  const std::string where = address + ":" + std::to_string(port);
  const auto socket = connected(address, port, SteadyClock::now() + patience);
  if (!socket) return tl::unexpected(socket.error());
  const int fd = (*socket)->fd();
  const std::string head =
      head_of("POST", target, where, headers) + "Transfer-Encoding: chunked\r\n\r\n";
  std::string why = send_all(fd, head, SteadyClock::now() + patience);
  if (why.empty()) {
    const auto sent = send_body(fd, body, patience);
    if (!sent) return fail(where + ": " + sent.error().message);
  }
  std::string answer;
  if (why.empty()) why = receive_all(fd, answer, SteadyClock::now() + patience);
  if (!why.empty()) return fail("Cannot reach " + where + ": " + why);
  auto response = parse_response(answer, false);
  if (!response) return fail(where + ": " + response.error().message);
  return response;
}

}  // namespace sluice::http
