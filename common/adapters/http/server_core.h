#pragma once
// The inside of the server, shared by server.cc (listener, life) and session*.cc (one connection).
// Included by nothing else: it brings Boost along. Everything here lives on the IO thread, except
// what runs on the blocking pool.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/adapters/http/routing.h"
#include "common/adapters/http/server.h"

namespace sluice::http {

namespace net = boost::asio;
using tcp = net::ip::tcp;

class Session;

struct Endpoint {
  Runs runs = Runs::kOnIoThread;
  std::function<Response(const Request&)> handler;
  // Instead of the handler; the body is given piece by piece.
  std::function<Response(const Request&, BodyReader&)> streaming{};
  std::uint64_t body_bytes = 0;
};

struct ServerCore {
  explicit ServerCore(const Limits& l)
      : limits(l),
        io(1),
        acceptor(io),
        stop_deadline(io),
        blocking(static_cast<std::size_t>(l.blocking_threads)) {}

  Limits limits;
  Router router;
  std::deque<Endpoint> endpoints;  // by the router's number; never moves under a running request
  std::vector<std::function<void(const Answered&)>> observers;
  std::function<std::optional<Response>(Request&, std::string_view)> guard;
  std::set<Session*> sessions;
  int connections = 0;       // accepted and served
  int waiting_for_pool = 0;  // answers that run on, or wait for, the blocking pool
  int streams = 0;           // streaming handlers that run
  std::atomic<std::size_t> unsent_bytes{0};  // of answers made on the blocking pool; its threads add
  int being_refused = 0;     // connections over the limit that are being told so
  bool stopping = false;
  // Last: what is still queued in these holds sessions, which use the members above.
  net::io_context io;
  tcp::acceptor acceptor;
  net::steady_timer stop_deadline;
  net::thread_pool blocking;
  std::optional<net::thread_pool> streaming;  // where a route needs it
};

// Serves one connection until it ends. `core` outlives it; its `connections` counts this one
// already.
net::awaitable<void> serve(ServerCore& core, tcp::socket socket);

// Tells a client over the connection limit to come back later.
net::awaitable<void> refuse(ServerCore& core, tcp::socket socket);

// After the IO thread has ended: no streaming handler waits for its client any more.
void abandon_streams(ServerCore& core);

// Ends the connection that has waited longest for its client, if any may be ended for a newcomer.
bool make_room(ServerCore& core);

// Ends the connections that wait for a request; those with an answer under way end after it.
void close_idle_sessions(ServerCore& core);

}  // namespace sluice::http
