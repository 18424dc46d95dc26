#include "common/adapters/http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <future>
#include <thread>

#include "common/adapters/http/server_core.h"
#include "common/base/error.h"

namespace sluice::http {
namespace {

using boost::system::error_code;

constexpr auto kStopWithin = std::chrono::seconds(5);
constexpr int kRefusalsAtOnce = 64;

net::awaitable<void> accept_connections(ServerCore& core) {
  net::steady_timer pause(core.io);
  while (!core.stopping) {
    error_code error;
    tcp::socket socket =
        co_await core.acceptor.async_accept(net::redirect_error(net::use_awaitable, error));
    if (core.stopping) co_return;
    if (error) {
      // Out of file descriptors, most likely: a short pause lets others end instead of spinning.
      pause.expires_after(std::chrono::milliseconds(50));
      co_await pause.async_wait(net::redirect_error(net::use_awaitable, error));
      continue;
    }
    if (core.connections < core.limits.connections || make_room(core)) {
      ++core.connections;
      net::co_spawn(core.io, serve(core, std::move(socket)), net::detached);
    } else if (core.being_refused < kRefusalsAtOnce) {
      net::co_spawn(core.io, refuse(core, std::move(socket)), net::detached);
    }
  }
}

}  // namespace

struct Server::Impl : ServerCore {
  explicit Impl(const Limits& l) : ServerCore(l), work(io.get_executor()) {}

  // Runs `change` where nothing else reads the routes: here while nothing runs, else on the IO
  // thread.
  template <typename Change>
  void on_io_thread(Change change) {
    if (!thread.joinable()) return change();
    std::promise<void> done;
    net::post(io, [&] {
      change();
      done.set_value();
    });
    done.get_future().wait();
  }

  net::executor_work_guard<net::io_context::executor_type> work;
  std::uint16_t port = 0;
  std::thread thread;
};

Server::Server(const std::string& address, std::uint16_t port, Limits limits)
    : impl_(std::make_unique<Impl>(limits)) {
  error_code error;
  const auto ip = net::ip::make_address(address, error);
  if (error) throw ConfigError("HTTP address '" + address + "' is not an IP address.");
  const tcp::endpoint endpoint(ip, port);
  impl_->acceptor.open(endpoint.protocol(), error);
  if (!error) impl_->acceptor.set_option(net::socket_base::reuse_address(true), error);
  if (!error) impl_->acceptor.bind(endpoint, error);
  if (!error) impl_->acceptor.listen(net::socket_base::max_listen_connections, error);
  if (error) {
    throw ConfigError("Cannot listen for HTTP on " + address + " port " + std::to_string(port) +
                      ": " + error.message() + ". Stop what holds the port, or set another one.");
  }
  impl_->port = impl_->acceptor.local_endpoint().port();
}

Server::~Server() { stop(); }

void Server::route(std::string method, std::string pattern, Runs runs,
                   std::function<Response(const Request&)> handler) {
  impl_->on_io_thread([&] {
    impl_->router.add(std::move(method), std::move(pattern));
    impl_->endpoints.push_back({runs, std::move(handler)});
  });
}

void Server::route_streaming(std::string method, std::string pattern, std::uint64_t body_bytes,
                             std::function<Response(const Request&, BodyReader&)> handler) {
  impl_->on_io_thread([&] {
    if (!impl_->streaming) {
      impl_->streaming.emplace(static_cast<std::size_t>(impl_->limits.streams));
    }
    impl_->router.add(std::move(method), std::move(pattern));
    impl_->endpoints.push_back({Runs::kOnBlockingPool, {}, std::move(handler), body_bytes});
  });
}

std::vector<std::pair<std::string, std::string>> Server::routes() const {
  std::vector<std::pair<std::string, std::string>> out;
  impl_->on_io_thread([&] {
    for (std::size_t i = 0; i < impl_->router.size(); ++i) {
      out.emplace_back(impl_->router.method(i), impl_->router.pattern(i));
    }
  });
  return out;
}

void Server::observe(std::function<void(const Answered&)> observer) {
  impl_->on_io_thread([&] { impl_->observers.push_back(std::move(observer)); });
}

void Server::guard(std::function<std::optional<Response>(Request&, std::string_view)> guard) {
  impl_->on_io_thread([&] { impl_->guard = std::move(guard); });
}

void Server::start() {
  net::co_spawn(impl_->io, accept_connections(*impl_), net::detached);
  impl_->thread = std::thread([this] { impl_->io.run(); });
}

std::uint16_t Server::port() const { return impl_->port; }

void Server::stop() {
  if (!impl_->thread.joinable()) return;
  net::post(impl_->io, [this] {
    impl_->stopping = true;
    error_code ignored;
    impl_->acceptor.close(ignored);
    close_idle_sessions(*impl_);
    impl_->stop_deadline.expires_after(kStopWithin);
    impl_->stop_deadline.async_wait([this](const error_code& error) {
      if (!error) impl_->io.stop();
    });
    // The loop ends when the last answer has left; the deadline alone must not keep it going.
    impl_->work.reset();
    if (impl_->connections == 0) impl_->stop_deadline.cancel();
  });
  impl_->thread.join();
  abandon_streams(*impl_);
  impl_->blocking.join();
  if (impl_->streaming) impl_->streaming->join();
}

}  // namespace sluice::http
