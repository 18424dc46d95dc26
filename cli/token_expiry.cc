#include "cli/token_expiry.h"

#include <charconv>

namespace sluice::cli {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kMostDays = 36'500;

std::optional<std::int64_t> duration_of(std::string_view text) {
  std::int64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || at + 1 != end || count < 1) return std::nullopt;
  if (*at == 'd' && count <= kMostDays) return count * 24 * kHour;
  if (*at == 'h' && count <= kMostDays * 24) return count * kHour;
  return std::nullopt;
}

}  // namespace

std::optional<Instant> expiry_of(std::string_view text, Instant now) {
  // Whole seconds, as one reads them.
  if (const auto duration = duration_of(text)) return Instant{(now.micros + *duration) / kSecond * kSecond};
  const auto at = parse_iso_instant(text);
  return at && *at > now ? at : std::nullopt;
}

}  // namespace sluice::cli
