#pragma once
// An HTTP/1.1 server on Boost.Beast with C++20 coroutines: listener, one coroutine a connection,
// routes are plain functions Request -> Response. Limits on header, body, time and connections
// protect every service; a handler that blocks (a database query) runs on the server's blocking
// pool, never on the IO thread; one that takes a body of any size reads it as it comes, on a pool of
// its own. Errors are RFC 9457 problem+json.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace sluice::http {

struct Request {
  std::string method;                                        // "GET"
  std::string path;                                          // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::vector<std::string> captures;                         // what {…} of the route matched
  std::string body;
  std::string trace_id;                                             // from traceparent, or made
  std::string client;                                               // the address it came from
  std::string principal;                                            // whom the guard recognised
  std::string_view header(std::string_view lower_case_name) const;  // empty if absent
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// {"type","title","status","detail","instance"} as application/problem+json.
Response problem(int status, std::string_view title, std::string_view detail,
                 std::string_view type_slug = "about:blank");

// A request's body as it comes. Of one handler, on its thread.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Fills `into` as far as the body goes: fewer bytes only at its end, 0 behind it. Blocks while the
  // client sends nothing. The unexpected is what to answer: the body is longer than the route takes
  // (413), malformed (400) or too slow (408), or the server stops (503). All later calls give it too.
  virtual tl::expected<std::size_t, Response> read(std::span<char> into) = 0;
};

// What became of a request. Route and method come from closed sets: the route's pattern ("unmatched" if none), and
// "other" if no route has the method.
struct Answered {
  std::string_view route, method;
  double seconds = 0;  // from the request's head to the answer's last byte
  const Request& request;  // empty where its head was malformed
  const Response& response;
};

enum class Runs { kOnIoThread, kOnBlockingPool };

struct Limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;
  // Where all are taken, a newcomer gets the place of one that only waits: the longest idle one, or else one
  // whose client has neither sent nor taken a byte for a second, or is in the middle of a request's head for so long.
  int connections = 512;
  // Of answers that wait for their clients to take them. Beyond it, handlers that block are not asked: 503.
  std::size_t unsent_bytes = 64 * 1024 * 1024;
  int blocking_threads = 4;
  int streams = 8;                   // streaming handlers at once; more are told to come back
  // Header and body must arrive, and the answer leave, within it; of a streamed body, some bytes.
  int request_timeout_seconds = 30;
  int idle_timeout_seconds = 60;
};

class Server {
 public:
  // Binds at once; port 0 takes a free one. Throws ConfigError that names the port when it is
  // taken.
  Server(const std::string& address, std::uint16_t port, Limits limits = {});
  ~Server();  // stops accepting, lets running answers end (at most 5 s), joins
  // pattern: "/v1/reports/{name}"; a capture never spans '/'. Also while the server
  // runs, but not from a handler.
  void route(std::string method, std::string pattern, Runs runs,
             std::function<Response(const Request&)> handler);
  // A handler that reads the body itself, of at most `body_bytes`; it need not read all, or any. It
  // may block: it runs on a thread of its own (of Limits::streams).
  void route_streaming(std::string method, std::string pattern, std::uint64_t body_bytes,
                       std::function<Response(const Request&, BodyReader&)> handler);
  void start();  // one IO thread, returns at once
  // Method and pattern of each route, in the order of registration.
  std::vector<std::pair<std::string, std::string>> routes() const;
  // What the destructor does; a second call does nothing.
  void stop();
  std::uint16_t port() const;
  // Called after each answer, on the IO thread, as are those that were added before. Not from a handler.
  void observe(std::function<void(const Answered&)> observer);
  // Asked, on the IO thread, when the head of a request for a route is there, and before anything of its body is
  // taken: what it answers is the answer, and the route is not asked. It may set the request's principal, and must not
  // block. Where it throws, the request is refused. Not from a handler.
  void guard(std::function<std::optional<Response>(Request&, std::string_view route)> guard);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::http
