#pragma once
// A body on its way from the IO thread to a streaming handler: the handler says where bytes may go, the
// session's coroutine fills that, and reads nothing from the socket in between. So a slow handler holds
// up its client, and a body takes no memory but the handler's. Included by session*.cc only.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <span>

#include "common/adapters/http/server.h"

namespace sluice::http {

class BodyStream final : public BodyReader {
 public:
  using Filled = tl::expected<std::size_t, Response>;

  explicit BodyStream(boost::asio::io_context& io);

  // --- the handler's thread
  Filled read(std::span<char> into) override;
  // The last thing the handler's thread does here.
  void handler_ended();

  // --- the IO thread
  // What the handler wants filled; empty: it has ended.
  boost::asio::awaitable<std::span<char>> next_wish();
  void give(Filled filled);

  // After the IO thread has ended: lets a handler that still waits go on, with `answer`.
  void abandon(Response answer);

 private:
  void wake_io_thread();

  boost::asio::io_context& io_;
  boost::asio::steady_timer changed_;  // the IO thread's
  bool handler_ended_ = false;         // the IO thread's
  std::mutex mutex_;
  std::condition_variable filled_;
  std::span<char> wish_;
  std::optional<Filled> result_;
  std::optional<Response> failure_;
};

}  // namespace sluice::http
