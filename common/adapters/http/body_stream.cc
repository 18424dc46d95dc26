#include "common/adapters/http/body_stream.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace sluice::http {

namespace net = boost::asio;

BodyStream::BodyStream(net::io_context& io) : io_(io), changed_(io) {
  changed_.expires_at(net::steady_timer::time_point::max());
}

BodyStream::Filled BodyStream::read(std::span<char> into) {
  std::unique_lock lock(mutex_);
  if (failure_) return tl::unexpected(*failure_);
  if (into.empty()) return 0;
  wish_ = into;
  result_.reset();
  wake_io_thread();
  filled_.wait(lock, [this] { return result_ || failure_; });
  if (!result_) return tl::unexpected(*failure_);
  if (!*result_) failure_ = result_->error();
  return *std::exchange(result_, std::nullopt);
}

void BodyStream::handler_ended() {
  net::post(io_, [this] {
    handler_ended_ = true;
    changed_.cancel();
  });
}

// Both this and next_wish() look at the wish on the IO thread, so none is overlooked.
void BodyStream::wake_io_thread() {
  net::post(io_, [this] { changed_.cancel(); });
}

net::awaitable<std::span<char>> BodyStream::next_wish() {
  for (;;) {
    if (handler_ended_) co_return std::span<char>();
    {
      const std::lock_guard lock(mutex_);
      if (!wish_.empty()) co_return std::exchange(wish_, {});
    }
    boost::system::error_code ignored;
    co_await changed_.async_wait(net::redirect_error(net::use_awaitable, ignored));
  }
}

void BodyStream::give(Filled filled) {
  const std::lock_guard lock(mutex_);
  result_ = std::move(filled);
  filled_.notify_one();
}

void BodyStream::abandon(Response answer) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(answer);
  filled_.notify_one();
}

}  // namespace sluice::http
