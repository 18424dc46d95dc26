#include "common/adapters/http/session.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <ctime>
#include <exception>
#include <random>
#include <utility>

#include "common/adapters/http/response_text.h"
#include "common/telemetry/log.h"

namespace sluice::http {

namespace {

constexpr std::size_t kReadAtOnce = 4096;
constexpr std::size_t kDrainAtMost = 256 * 1024;
constexpr int kWaitingPerPoolThread = 32;
// A client that is served has this long to take or send its next bytes before a newcomer may have its place.
constexpr std::chrono::seconds kStuck{1};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string random_trace_id() {
  static thread_local std::mt19937_64 random(std::random_device{}());
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (int word = 0; word < 2; ++word) {
    std::uint64_t bits = random();
    for (int i = 0; i < 16; ++i, bits >>= 4) out.push_back(kHex[bits & 15]);
  }
  return out;
}

// Runs `work` on the pool; the coroutine goes on, on the IO thread, when it has ended.
net::awaitable<void> run_on_pool(ServerCore& core, std::function<void()>& work) {
  auto start = [&core, &work](auto done) {
    net::post(core.blocking, [&core, &work, done = std::move(done)]() mutable {
      work();
      net::post(core.io, std::move(done));
    });
  };
  co_await net::async_initiate<const net::use_awaitable_t<>, void()>(start, net::use_awaitable);
}

Response method_not_allowed(const std::vector<std::string>& allowed) {
  std::string list;
  for (const std::string& method : allowed) list += (list.empty() ? "" : ", ") + method;
  Response out = problem(405, "Method not allowed", "This path accepts " + list + ".");
  out.headers.emplace_back("Allow", list);
  return out;
}

// Half-closes and reads on for a moment: closing with unread bytes in the socket makes the kernel
// reset the connection, and the client might never see the answer.
net::awaitable<void> linger(beast::tcp_stream& stream) {
  error_code error;
  stream.socket().shutdown(tcp::socket::shutdown_send, error);
  stream.expires_after(std::chrono::seconds(1));
  char bytes[kReadAtOnce];
  for (std::size_t read = 0; !error && read < kDrainAtMost;) {
    read += co_await stream.async_read_some(net::buffer(bytes),
                                            net::redirect_error(net::use_awaitable, error));
  }
}

}  // namespace

Response busy() {
  Response out = problem(503, "Too busy", "The server is working on as many requests as it can.",
                         "about:blank");
  out.headers.emplace_back("Retry-After", "1");
  return out;
}

Response guarded_call(const Request& request, const std::function<Response()>& handler) {
  try {
    return handler();
  } catch (const std::exception& failure) {
    log::error("request failed",
               {{"path", request.path}, {"trace", request.trace_id}, {"error", failure.what()}});
  } catch (...) {
    log::error("request failed", {{"path", request.path}, {"trace", request.trace_id}});
  }
  return problem(500, "Internal error",
                 "The request failed; the log tells more under this request's id.");
}

Session::Step Session::refuse_with(int status, std::string_view title, std::string_view detail) {
  response_ = problem(status, title, detail);
  return Step::kRefuse;
}

void Session::close() {
  error_code ignored;
  stream_.socket().close(ignored);
  waits_since_.reset();
}

void Session::close_if_idle() {
  if (idle_) close();
}

net::awaitable<Session::Step> Session::read_head() {
  const auto timeout = std::chrono::seconds(core_.limits.request_timeout_seconds);
  bool begun = false;
  for (;;) {
    while (buffered().starts_with("\r\n"))
      buffer_.consume(2);  // RFC 9112 §2.2: at least one, ignored
    if (buffer_.size() > 0 && !begun) {
      begun = true;
      started_ = SteadyClock::now();
      stream_.expires_after(timeout);
    }
    const HeadEnd end = find_head_end(buffered());
    if (end.malformed) {
      co_return refuse_with(400, "Bad request", "A line ends without a carriage return.");
    }
    if (end.size > 0) {
      const std::string why = why_head_is_refused(buffered().substr(0, end.size));
      co_return why.empty() ? Step::kServe : refuse_with(400, "Bad request", why);
    }
    if (buffer_.size() >= core_.limits.header_bytes) {
      const std::string limit = std::to_string(core_.limits.header_bytes);
      co_return refuse_with(431, "Header too large",
                            "The request line and headers may have " + limit + " bytes.");
    }
    if (!begun) stream_.expires_after(std::chrono::seconds(core_.limits.idle_timeout_seconds));
    idle_ = !begun;
    if (idle_ && core_.stopping) co_return Step::kClose;
    const auto space =
        buffer_.prepare(std::min(kReadAtOnce, core_.limits.header_bytes - buffer_.size()));
    error_code error;
    // From the head's first byte on, not from its last: else a byte now and then would keep the place.
    waits_since_ = begun ? started_ : SteadyClock::now();
    const std::size_t read =
        co_await stream_.async_read_some(space, net::redirect_error(net::use_awaitable, error));
    waits_since_.reset();
    idle_ = false;
    if (error) co_return Step::kClose;
    buffer_.commit(read);
  }
}

// The head as the parser sees it, and the route it asks for.
Session::Step Session::take_head() {
  head_.emplace();
  head_->header_limit(static_cast<std::uint32_t>(core_.limits.header_bytes));
  head_->body_limit(boost::none);  // the route says
  error_code error;
  buffer_.consume(head_->put(buffer_.data(), error));
  if (error || !head_->is_header_done()) {
    return refuse_with(400, "Bad request", "The request is malformed: " + error.message() + ".");
  }
  keep_alive_ = head_->get().keep_alive();
  waits_for_continue_ =
      beast::iequals(head_->get()[beast::http::field::expect], "100-continue");
  target_ = std::string(head_->get().target());
  auto target = parse_target(target_);
  if (!target) return refuse_with(400, "Bad request", "The path or query is not well-formed.");
  const std::vector<std::string> segments = target->segments;
  take_request(std::move(*target));
  head_only_ = request_.method == "HEAD";
  if (is_forged_by_a_page(request_.method, request_.header("sec-fetch-site"))) {
    return refuse_with(403, "Forbidden", "A page of another site may not change anything here.");
  }
  match_ = core_.router.match(request_.method, segments);
  if (!match_->found) return Step::kServe;
  route_ = core_.router.pattern(match_->found->route);
  method_ = request_.method;
  request_.captures = match_->found->captures;
  return Step::kServe;
}

void Session::take_request(Target target) {
  const auto& message = head_->get();
  request_ = {};
  request_.method = std::string(message.method_string());
  request_.client = client_;
  request_.path = std::move(target.path);
  request_.query = std::move(target.query);
  for (const auto& field : message) {
    request_.headers.emplace_back(lower(std::string_view(field.name_string())),
                                  std::string(field.value()));
  }
  traceparent_ = request_.header("traceparent");
  request_.trace_id = trace_id_of(traceparent_);
  if (request_.trace_id.empty()) {
    traceparent_.clear();
    request_.trace_id = random_trace_id();
  }
  const std::string_view id = request_.header("x-request-id");
  request_id_ = is_plain_id(id) ? std::string(id) : request_.trace_id;
}

std::optional<Response> Session::refused_by_guard() {
  if (!core_.guard) return std::nullopt;
  std::optional<Response> out;
  Response failure = guarded_call(request_, [&] {
    out = core_.guard(request_, route_);
    return Response();
  });
  if (failure.status != 200) return failure;
  return out;
}

net::awaitable<Session::Step> Session::answer() {
  const Endpoint* endpoint =
      match_->found ? &core_.endpoints[match_->found->route] : nullptr;
  if (endpoint != nullptr) {
    if (auto refused = refused_by_guard()) {
      response_ = std::move(*refused);
      co_return head_->is_done() ? Step::kServe : Step::kRefuse;
    }
  }
  if (endpoint != nullptr && endpoint->streaming) co_return co_await answer_stream(*endpoint);
  if (const Step step = co_await read_body(); step != Step::kServe) co_return step;
  if (endpoint == nullptr) {
    response_ = match_->allowed.empty()
                    ? problem(404, "Not found", "There is nothing at this path.")
                    : method_not_allowed(match_->allowed);
    co_return Step::kServe;
  }
  const auto call = [this, endpoint] {
    return guarded_call(request_, [&] { return endpoint->handler(request_); });
  };
  if (endpoint->runs == Runs::kOnIoThread) {
    response_ = call();
  } else if (core_.waiting_for_pool >= core_.limits.blocking_threads * kWaitingPerPoolThread) {
    response_ = busy();
  } else {
    ++core_.waiting_for_pool;
    std::function<void()> work = [this, &call] {
      // Asked here, for many may have been waiting when the last answer was made.
      response_ = core_.unsent_bytes < core_.limits.unsent_bytes ? call() : busy();
      core_.unsent_bytes += unsent_bytes_ = response_.body.size();
    };
    co_await run_on_pool(core_, work);
    --core_.waiting_for_pool;
  }
  co_return Step::kServe;
}

net::awaitable<bool> Session::send(bool keep_alive) {
  if (request_id_.empty()) request_id_ = random_trace_id();
  complete_problem(response_, target_.substr(0, target_.find('?')), request_id_);
  response_.headers.emplace_back("X-Request-Id", request_id_);
  if (!traceparent_.empty()) response_.headers.emplace_back("traceparent", traceparent_);
  const std::string head = head_of(response_, keep_alive, std::time(nullptr));
  const bool with_body = !head_only_ && response_.status != 204 && response_.status != 304;
  // Counted anew: an answer that took long must still get out.
  stream_.expires_after(std::chrono::seconds(core_.limits.request_timeout_seconds));
  const error_code error = co_await write(head, with_body ? response_.body : std::string_view());
  core_.unsent_bytes -= std::exchange(unsent_bytes_, 0);
  const double seconds = std::chrono::duration<double>(SteadyClock::now() - started_).count();
  for (const auto& observer : core_.observers) observer({route_, method_, seconds, request_, response_});
  // A connection that is kept open must not keep what went through it.
  response_ = {};
  request_ = {};
  whole_.reset();
  co_return !error && keep_alive;
}

// In pieces, so that a client that takes a large answer slowly is not held for one that takes nothing.
net::awaitable<error_code> Session::write(std::string_view head, std::string_view body) {
  error_code error;
  while (!error && head.size() + body.size() > 0) {
    const std::array<net::const_buffer, 2> rest = {net::buffer(head), net::buffer(body)};
    const ClientsTurn turn(*this);
    const std::size_t sent =
        co_await stream_.async_write_some(rest, net::redirect_error(net::use_awaitable, error));
    const std::size_t of_head = std::min(sent, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(sent - of_head);
  }
  co_return error;
}

net::awaitable<void> Session::run() {
  core_.sessions.insert(this);
  for (bool open = true; open;) {
    route_ = "unmatched";
    method_ = "other";
    target_.clear();
    request_id_.clear();
    traceparent_.clear();
    head_only_ = false;
    Step step = co_await read_head();
    if (step == Step::kServe) step = take_head();
    if (step == Step::kServe) step = co_await answer();
    if (step == Step::kClose) break;
    // After a refusal nobody knows where the next request would begin.
    const bool keep = step == Step::kServe && keep_alive_ && !core_.stopping;
    open = co_await send(keep);
    if (!keep) {
      const ClientsTurn turn(*this);
      co_await linger(stream_);
    }
  }
  core_.sessions.erase(this);
  --core_.connections;
  if (core_.stopping && core_.connections == 0) core_.stop_deadline.cancel();
}

net::awaitable<void> serve(ServerCore& core, tcp::socket socket) {
  Session session(core, std::move(socket));
  co_await session.run();
}

net::awaitable<void> refuse(ServerCore& core, tcp::socket socket) {
  ++core.being_refused;
  beast::tcp_stream stream(std::move(socket));
  Response response = busy();
  const std::string bytes = head_of(response, false, std::time(nullptr)) + response.body;
  stream.expires_after(std::chrono::seconds(1));
  error_code error;
  co_await net::async_write(stream, net::buffer(bytes),
                            net::redirect_error(net::use_awaitable, error));
  if (!error) co_await linger(stream);
  --core.being_refused;
}

bool make_room(ServerCore& core) {
  Session* chosen = nullptr;
  const auto worse = [](const Session& a, const Session& b) {
    return a.idle() != b.idle() ? a.idle() : *a.waits_since() < *b.waits_since();
  };
  const auto stuck = SteadyClock::now() - kStuck;
  for (Session* session : core.sessions) {
    if (!session->waits_since() || (!session->idle() && *session->waits_since() > stuck)) continue;
    if (chosen == nullptr || worse(*session, *chosen)) chosen = session;
  }
  if (chosen == nullptr) return false;
  chosen->close();
  return true;
}

void close_idle_sessions(ServerCore& core) {
  for (Session* session : core.sessions) session->close_if_idle();
}

}  // namespace sluice::http
