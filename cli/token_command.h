#pragma once
// Makes a token and its entry for the file of tokens (docs/access.md).

#include <string>
#include <vector>

namespace sluice::cli {

struct TokenOptions {
  std::string name;
  std::vector<std::string> scopes;
  std::string expires;  // "90d", "12h", or a time as 2027-01-31T00:00:00Z; empty: never
};

// The entry goes to stdout, where `>> tokens.yaml` takes it, and the token to stderr, this once. Returns the exit code.
int make_token(const TokenOptions& options);

}  // namespace sluice::cli
