#include "common/runtime/access_guard.h"

#include <errno.h>
#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/access/token_file.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

constexpr std::int64_t kMostBytes = 1 << 20;

// As RFC 9110 has it: whole seconds, and never too early.
std::string retry_after(std::chrono::milliseconds wait) {
  return std::to_string(std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

http::Response too_many(std::chrono::milliseconds wait) {
  http::Response out = http::problem(429, "Too many requests",
                                     "More requests came from you than are allowed; Retry-After says when to come back.");
  out.headers.emplace_back("Retry-After", retry_after(wait));
  return out;
}

}  // namespace

AccessGuard::AccessGuard(const AccessSettings& settings, NeededScope needed, access::RateLimit limit,
                         Metrics& metrics, const Clock& clock)
    : path_(settings.tokens_file), needed_(std::move(needed)), limiter_(limit), metrics_(metrics), clock_(clock) {
  if (path_.empty()) {
    if (settings.metrics != "open") throw ConfigError("access.metrics: read needs access.tokens_file");
    return;
  }
  stamp_ = stamp_of(path_);
  auto tokens = read_file();
  if (!tokens) throw ConfigError("access.tokens_file: " + tokens.error().message);
  log::info("tokens read", {{"file", path_}, {"tokens", tokens->size()}});
  tokens_ = std::make_shared<const Tokens>(std::move(*tokens));
  tell_reload(true);
}

void AccessGuard::start() {
  if (!path_.empty()) thread_ = std::thread([this] { run(); });
}

void AccessGuard::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void AccessGuard::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; })) {
    lock.unlock();
    look_at_file();
    lock.lock();
  }
}

// Links are followed: Kubernetes changes a mounted secret by turning a link.
std::optional<AccessGuard::Stamp> AccessGuard::stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stamp{static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), status.st_size,
               status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec};
}

Result<AccessGuard::Tokens> AccessGuard::read_file() const {
  std::ifstream in(path_);
  if (!in) return fail(fmt::format("{} cannot be read: {}", path_, std::strerror(errno)));
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(fmt::format("{} cannot be read", path_));
  if (in.gcount() > kMostBytes) return fail(fmt::format("{} has more than {} bytes", path_, kMostBytes));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return access::parse_token_file(text, path_);
}

void AccessGuard::look_at_file() {
  // Before the reading: what is written in between is read the next time.
  const auto stamp = stamp_of(path_);
  if (stamp == stamp_) return;
  stamp_ = stamp;
  auto tokens = read_file();
  tell_reload(tokens.has_value());
  if (!tokens) {
    log::error("tokens not read again, the old ones stay", {{"error", tokens.error().message}});
    return;
  }
  log::info("tokens read", {{"file", path_}, {"tokens", tokens->size()}});
  auto now = std::make_shared<const Tokens>(std::move(*tokens));
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(now);
}

void AccessGuard::tell_reload(bool good) {
  metrics_.gauge(metric::kTokensReloadSuccess).Set(good ? 1 : 0);
}

std::optional<http::Response> AccessGuard::check(http::Request& request, std::string_view route) {
  const auto needed = needed_(request.method, route);
  if (!needed) return std::nullopt;
  const access::Decision decision = decide(request, *needed);
  request.principal = decision.name;
  const bool known = !decision.name.empty() && decision.verdict != access::Verdict::kInvalidToken;
  if (const auto wait = limiter_.take(known ? decision.name : "address " + request.client, clock_.steady_now())) {
    count_refusal("rate_limit");
    return too_many(*wait);
  }
  if (decision.verdict == access::Verdict::kAllowed) return std::nullopt;
  return refuse(decision, *needed);
}

access::Decision AccessGuard::decide(const http::Request& request, access::Scope needed) const {
  if (path_.empty()) return {access::Verdict::kAllowed, {}};
  std::shared_ptr<const Tokens> tokens;
  {
    const std::lock_guard lock(mutex_);
    tokens = tokens_;
  }
  const auto is_authorization = [](const auto& header) { return header.first == "authorization"; };
  // Two of them, and who stands before us might have looked at the other one.
  if (std::ranges::count_if(request.headers, is_authorization) > 1) return {access::Verdict::kInvalidToken, {}};
  return access::decide(*tokens, needed, request.header("authorization"), Instant{clock_.unix_ms() * 1000});
}

http::Response AccessGuard::refuse(const access::Decision& decision, access::Scope needed) {
  http::Response out;
  switch (decision.verdict) {
    case access::Verdict::kNoToken:
      count_refusal("no_token");
      out = http::problem(401, "Token needed", "Send a token, in the header Authorization: Bearer <token>.");
      break;
    case access::Verdict::kInsufficientScope:
      count_refusal("insufficient_scope");
      out = http::problem(403, "Not allowed",
                          fmt::format("The token of {} does not have the scope {}, which this needs.", decision.name,
                                      access::to_string(needed)));
      break;
    default:
      count_refusal("invalid_token");
      out = http::problem(401, "Token not valid",
                          decision.name.empty() ? "The token is not known here."
                                                : fmt::format("The token of {} has expired.", decision.name));
  }
  out.headers.emplace_back("WWW-Authenticate", access::challenge(decision.verdict, needed));
  return out;
}

void AccessGuard::count_refusal(const char* reason) {
  metrics_.counter(metric::kHttpRefusedTotal, reason).Increment();
}

}  // namespace sluice
