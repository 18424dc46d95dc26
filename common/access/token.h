#pragma once
// A bearer token as an installation knows it: never itself, only its SHA-256. A token is 32 random bytes, which nobody
// finds by trying, so the hash needs neither salt nor rounds. Pure.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/calendar.h"

namespace sluice::access {

enum class Scope { kRead, kWrite, kAdmin };

inline constexpr std::array kScopes = {Scope::kRead, Scope::kWrite, Scope::kAdmin};
std::string_view to_string(Scope scope);  // "read"
std::optional<Scope> scope_named(std::string_view name);

using TokenHash = std::array<unsigned char, 32>;
TokenHash hash_of(std::string_view token);
std::string hex(const TokenHash& hash);
std::optional<TokenHash> hash_from_hex(std::string_view digits);
// Takes as long wherever they differ.
bool is_same(const TokenHash& a, const TokenHash& b);

// 43 characters of base64url, as RFC 6750 allows them in a header.
inline constexpr std::size_t kTokenBytes = 32;
std::string token_of(const std::array<unsigned char, kTokenBytes>& random);

struct Token {
  std::string name;
  TokenHash hash{};
  std::array<bool, kScopes.size()> scopes{};
  std::optional<Instant> expires{};

  // An admin may all.
  bool may(Scope scope) const;
};

// Letters, digits and ._- only, at most 64: it is shown in logs.
bool is_token_name(std::string_view name);

}  // namespace sluice::access
