#pragma once
// One connection, on the IO thread: heads in session.cc, bodies in session_body.cc. Included by those
// two only.

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "common/adapters/http/body_stream.h"
#include "common/adapters/http/request_text.h"
#include "common/adapters/http/server_core.h"

namespace sluice::http {

namespace beast = boost::beast;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

class Session {
 public:
  Session(ServerCore& core, tcp::socket socket)
      : core_(core), stream_(std::move(socket)), buffer_(core.limits.header_bytes) {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
  }

  net::awaitable<void> run();
  void close_if_idle();
  void abandon_stream();

 private:
  // Each step that can end the connection: kServe goes on, kRefuse sends response_ and closes,
  // kClose just closes (the client is gone or too slow).
  enum class Step { kServe, kRefuse, kClose };
  using HeadParser = beast::http::request_parser<beast::http::empty_body>;
  using WholeParser = beast::http::request_parser<beast::http::string_body>;
  using StreamParser = beast::http::request_parser<beast::http::buffer_body>;

  net::awaitable<Step> read_head();
  Step take_head();
  net::awaitable<Step> answer();
  net::awaitable<Step> read_body();
  net::awaitable<bool> say_continue();
  net::awaitable<Step> answer_stream(const Endpoint& endpoint);
  net::awaitable<BodyStream::Filled> fill(std::span<char> into);
  net::awaitable<bool> send(bool keep_alive);
  Step refuse_with(int status, std::string_view title, std::string_view detail);
  Step refuse_body(std::uint64_t limit);
  Response not_read(const error_code& error, std::uint64_t limit) const;
  void take_request(Target target);
  std::string_view buffered() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }

  ServerCore& core_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  bool idle_ = false;
  // of the request in hand
  std::optional<HeadParser> head_;
  std::optional<WholeParser> whole_;
  std::optional<StreamParser> streamed_;
  std::optional<BodyStream> body_;
  std::optional<Router::Match> match_;
  bool keep_alive_ = false;
  bool waits_for_continue_ = false;
  SteadyClock::time_point started_{};
  std::string target_;
  std::string request_id_;
  std::string traceparent_;
  std::string route_, method_;  // for the observer
  Request request_;
  Response response_;
  bool head_only_ = false;
};

Response busy();
// The handler's answer; 500 where it throws.
Response guarded_call(const Request& request, const std::function<Response()>& handler);

}  // namespace sluice::http
