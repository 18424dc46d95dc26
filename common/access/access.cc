#include "common/access/access.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::access {
namespace {

constexpr std::string_view kScheme = "bearer";

// What follows "Bearer "; nothing: it is another scheme, or no token follows.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  const auto same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b); };
  if (authorization.size() <= kScheme.size() || authorization[kScheme.size()] != ' ' ||
      !std::equal(kScheme.begin(), kScheme.end(), authorization.begin(), same)) {
    return std::nullopt;
  }
  std::string_view token = authorization.substr(kScheme.size() + 1);
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  if (token.empty()) return std::nullopt;
  return token;
}

}  // namespace

Decision decide(std::span<const Token> tokens, Scope needed, std::string_view authorization, Instant now) {
  if (authorization.empty()) return {Verdict::kNoToken, {}};
  const auto presented = bearer_token(authorization);
  if (!presented) return {Verdict::kInvalidToken, {}};
  const TokenHash hash = hash_of(*presented);
  const Token* found = nullptr;
  for (const Token& token : tokens) {
    if (is_same(token.hash, hash)) found = &token;
  }
  if (found == nullptr) return {Verdict::kInvalidToken, {}};
  if (found->expires && *found->expires <= now) return {Verdict::kInvalidToken, found->name};
  return {found->may(needed) ? Verdict::kAllowed : Verdict::kInsufficientScope, found->name};
}

std::string challenge(Verdict verdict, Scope needed) {
  const std::string realm = "Bearer realm=\"sluice\"";
  if (verdict == Verdict::kInvalidToken) return realm + ", error=\"invalid_token\"";
  if (verdict == Verdict::kInsufficientScope) {
    return realm + fmt::format(", error=\"insufficient_scope\", scope=\"{}\"", to_string(needed));
  }
  return realm;
}

}  // namespace sluice::access
