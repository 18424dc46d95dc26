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
    client_ = stream_.socket().remote_endpoint(ignored).address().to_string();
  }

  net::awaitable<void> run();
  void close_if_idle();
  // Ends it wherever it is; only what waits for the client may be ended so.
  void close();
  bool idle() const { return idle_; }
  // Since when the client has done nothing that is waited for; nothing: it is not the client's turn.
  std::optional<SteadyClock::time_point> waits_since() const { return waits_since_; }
  void abandon_stream();

 private:
  // While it lives it is the client's turn.
  class ClientsTurn {
   public:
    explicit ClientsTurn(Session& session) : session_(session) { session_.waits_since_ = SteadyClock::now(); }
    ~ClientsTurn() { session_.waits_since_.reset(); }
    ClientsTurn(const ClientsTurn&) = delete;
    ClientsTurn& operator=(const ClientsTurn&) = delete;

   private:
    Session& session_;
  };

  // Each step that can end the connection: kServe goes on, kRefuse sends response_ and closes,
  // kClose just closes (the client is gone or too slow).
  enum class Step { kServe, kRefuse, kClose };
  using HeadParser = beast::http::request_parser<beast::http::empty_body>;
  using WholeParser = beast::http::request_parser<beast::http::string_body>;
  using StreamParser = beast::http::request_parser<beast::http::buffer_body>;

  net::awaitable<Step> read_head();
  Step take_head();
  net::awaitable<Step> answer();
  std::optional<Response> refused_by_guard();
  net::awaitable<Step> read_body();
  net::awaitable<bool> say_continue();
  net::awaitable<Step> answer_stream(const Endpoint& endpoint);
  net::awaitable<BodyStream::Filled> fill(std::span<char> into);
  net::awaitable<bool> send(bool keep_alive);
  net::awaitable<error_code> write(std::string_view head, std::string_view body);
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
  std::string client_;
  bool idle_ = false;
  std::optional<SteadyClock::time_point> waits_since_;
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
  std::size_t unsent_bytes_ = 0;  // this one's part of the core's
};

Response busy();
// The handler's answer; 500 where it throws.
Response guarded_call(const Request& request, const std::function<Response()>& handler);

}  // namespace sluice::http
