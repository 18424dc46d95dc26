#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>

#include "common/adapters/http/session.h"

namespace sluice::http {
namespace {

bool is_malformed(const error_code& error) {
  return error.category() == make_error_code(beast::http::error::body_limit).category() &&
         error != beast::http::error::partial_message && error != beast::http::error::end_of_stream;
}

std::string sentence_on(std::uint64_t limit) {
  return "A request's body may have " + std::to_string(limit) + " bytes.";
}

}  // namespace

Session::Step Session::refuse_body(std::uint64_t limit) {
  return refuse_with(413, "Body too large", sentence_on(limit));
}

// A client that asks first is told to go on when its body is wanted.
net::awaitable<bool> Session::say_continue() {
  if (!waits_for_continue_) co_return true;
  waits_for_continue_ = false;
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  error_code error;
  co_await net::async_write(stream_, net::buffer(kContinue),
                            net::redirect_error(net::use_awaitable, error));
  co_return !error;
}

net::awaitable<Session::Step> Session::read_body() {
  const auto length = head_->content_length();
  whole_.emplace(std::move(*head_));
  whole_->body_limit(core_.limits.body_bytes);
  if (length && *length > core_.limits.body_bytes) co_return refuse_body(core_.limits.body_bytes);
  if (!whole_->is_done()) {
    if (!co_await say_continue()) co_return Step::kClose;
    error_code error;
    while (!error && !whole_->is_done()) {
      const ClientsTurn turn(*this);
      co_await beast::http::async_read_some(stream_, buffer_, *whole_,
                                            net::redirect_error(net::use_awaitable, error));
    }
    if (error == beast::http::error::body_limit) co_return refuse_body(core_.limits.body_bytes);
    if (error && !is_malformed(error)) co_return Step::kClose;
    if (error) {
      co_return refuse_with(400, "Bad request",
                            "The request is malformed: " + error.message() + ".");
    }
  }
  request_.body = std::move(whole_->get().body());
  co_return Step::kServe;
}

net::awaitable<Session::Step> Session::answer_stream(const Endpoint& endpoint) {
  const auto length = head_->content_length();
  streamed_.emplace(std::move(*head_));
  streamed_->body_limit(endpoint.body_bytes);
  if (length && *length > endpoint.body_bytes) co_return refuse_body(endpoint.body_bytes);
  if (core_.streams >= core_.limits.streams) {
    response_ = busy();
    co_return Step::kRefuse;
  }
  ++core_.streams;
  body_.emplace(core_.io);
  net::post(*core_.streaming, [this, &endpoint] {
    response_ = guarded_call(request_, [&] { return endpoint.streaming(request_, *body_); });
    body_->handler_ended();
  });
  for (;;) {
    const std::span<char> wish = co_await body_->next_wish();
    if (wish.empty()) break;
    body_->give(co_await fill(wish));
  }
  --core_.streams;
  co_return streamed_->is_done() ? Step::kServe : Step::kRefuse;
}

net::awaitable<BodyStream::Filled> Session::fill(std::span<char> into) {
  std::size_t have = 0;
  if (!streamed_->is_done() && !co_await say_continue()) {
    co_return tl::unexpected(not_read(beast::http::error::end_of_stream, 0));
  }
  while (have < into.size() && !streamed_->is_done()) {
    auto& body = streamed_->get().body();
    body.data = into.data() + have;
    body.size = into.size() - have;
    body.more = true;
    stream_.expires_after(std::chrono::seconds(core_.limits.request_timeout_seconds));
    error_code error;
    const ClientsTurn turn(*this);
    co_await beast::http::async_read_some(stream_, buffer_, *streamed_,
                                          net::redirect_error(net::use_awaitable, error));
    have = into.size() - body.size;
    if (error == beast::http::error::need_buffer) error = {};
    if (error) {
      const Endpoint& endpoint = core_.endpoints[match_->found->route];
      co_return tl::unexpected(not_read(error, endpoint.body_bytes));
    }
  }
  co_return have;
}

Response Session::not_read(const error_code& error, std::uint64_t limit) const {
  if (error == beast::http::error::body_limit) {
    return problem(413, "Body too large", sentence_on(limit));
  }
  if (error == beast::error::timeout) {
    return problem(408, "Request timeout", "The body's next bytes did not come in time.");
  }
  if (is_malformed(error)) {
    return problem(400, "Bad request", "The request is malformed: " + error.message() + ".");
  }
  return problem(400, "Bad request", "The connection ended before the body did.");
}

void Session::abandon_stream() {
  if (!body_) return;
  body_->abandon(problem(503, "Stopping", "The server stops; send the request again."));
}

void abandon_streams(ServerCore& core) {
  for (Session* session : core.sessions) session->abandon_stream();
}

}  // namespace sluice::http
