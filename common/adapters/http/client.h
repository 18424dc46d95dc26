#pragma once
// A small blocking HTTP/1.1 client for tests, the command line and between our services: one
// connection a call, plain HTTP, no redirects. Not for talking to the world outside.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace sluice::http {

struct ClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::string_view header(std::string_view lower_case_name) const;  // empty if absent
};

using ClientHeaders = std::vector<std::pair<std::string, std::string>>;

// address is an IP or a host name. The timeout is for the whole call. The answer may have 256 MiB.
// Errors name the address, the port and what failed.
Result<ClientResponse> call(const std::string& address, std::uint16_t port, std::string_view method,
                            std::string_view target, const ClientHeaders& headers,
                            std::string_view body, std::chrono::milliseconds timeout);

inline Result<ClientResponse> get(const std::string& address, std::uint16_t port,
                                  std::string_view target, const ClientHeaders& headers = {},
                                  std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  return call(address, port, "GET", target, headers, {}, timeout);
}

inline Result<ClientResponse> post(const std::string& address, std::uint16_t port,
                                   std::string_view target, std::string_view body,
                                   const ClientHeaders& headers = {},
                                   std::chrono::milliseconds timeout = std::chrono::seconds(30)) {
  return call(address, port, "POST", target, headers, body, timeout);
}

// Fills as much of its argument as the body has; fewer bytes only at its end, 0 behind it.
using BodySource = std::function<Result<std::size_t>(std::span<char>)>;

// A POST whose body is taken from `body` (chunked), as fast as the server takes it: memory is one
// buffer. An early answer ends the sending. An Error of `body` breaks the request off, so that the
// server never takes it for whole. `patience`: how long neither side may stand still.
Result<ClientResponse> post_stream(const std::string& address, std::uint16_t port,
                                   std::string_view target, const ClientHeaders& headers,
                                   const BodySource& body, std::chrono::milliseconds patience);

// The answer in `bytes` (all that came until the connection closed); pure. Understands
// Content-Length, chunked and "until the end".
Result<ClientResponse> parse_response(std::string_view bytes, bool head_only);

}  // namespace sluice::http
