#pragma once
// The file of tokens: a list in YAML or JSON. Pure.
//
//   - name: grafana
//     sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//     scopes: [read]
//     expires: 2027-01-31T00:00:00Z      # optional

#include <string>
#include <string_view>
#include <vector>

#include "common/access/token.h"
#include "common/base/error.h"

namespace sluice::access {

inline constexpr std::size_t kMaxTokens = 1000;  // each is compared with each token that is presented

// The Error names `path`, the line and what is wrong, and no value of the file but names: someone may have written a
// token where its hash belongs. An empty file is a mistake; a list without an entry, [], lets nobody in.
Result<std::vector<Token>> parse_token_file(std::string_view text, std::string_view path);

// The entry as the file takes it.
std::string entry_of(const Token& token);

}  // namespace sluice::access
