#include "cli/token_command.h"

#include <errno.h>
#include <fmt/format.h>
#include <sys/random.h>

#include <cstring>

#include "cli/rest.h"
#include "cli/token_expiry.h"
#include "common/access/token_file.h"
#include "common/base/clock.h"

namespace sluice::cli {
namespace {

bool fill_from_system(std::array<unsigned char, access::kTokenBytes>& bytes) {
  // Up to 256 bytes come whole, or not at all.
  ssize_t got = 0;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(bytes.size());
}

int refuse(const std::string& why) {
  complain(why);
  return 2;
}

}  // namespace

int make_token(const TokenOptions& options) {
  access::Token token;
  if (!access::is_token_name(options.name)) {
    return refuse("a token's name has 1 to 64 letters, digits, dots, hyphens and underscores");
  }
  token.name = options.name;
  for (const std::string& name : options.scopes) {
    const auto scope = access::scope_named(name);
    if (!scope) return refuse(fmt::format("there is no scope \"{}\"; there are read, write and admin", name));
    token.scopes[static_cast<std::size_t>(*scope)] = true;
  }
  if (!options.expires.empty()) {
    token.expires = expiry_of(options.expires, Instant{SystemClock().unix_ms() * 1000});
    if (!token.expires) {
      return refuse("--expires takes a time to come: 90d, 12h, or 2027-01-31T00:00:00Z");
    }
  }
  std::array<unsigned char, access::kTokenBytes> random{};
  if (!fill_from_system(random)) {
    complain(fmt::format("the system gives no random bytes: {}", std::strerror(errno)));
    return 1;
  }
  const std::string secret = access::token_of(random);
  token.hash = access::hash_of(secret);
  print(access::entry_of(token));
  fmt::print(stderr, "{}\n", secret);
  return 0;
}

}  // namespace sluice::cli
