#pragma once
// May this request be answered? Pure: the tokens, the header and the time are given.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/access/token.h"

namespace sluice::access {

enum class Verdict {
  kAllowed,
  kNoToken,            // 401: nothing was presented
  kInvalidToken,       // 401: not known, expired, or no bearer token
  kInsufficientScope,  // 403
};

struct Decision {
  Verdict verdict = Verdict::kNoToken;
  std::string name;  // of the token, where one was recognised
};

// `authorization`: the header's value, empty without one. Compares with every token, so that the time it takes tells
// nothing of which one fits.
Decision decide(std::span<const Token> tokens, Scope needed, std::string_view authorization, Instant now);

// The WWW-Authenticate of RFC 6750 for a refusal.
std::string challenge(Verdict verdict, Scope needed);

}  // namespace sluice::access
