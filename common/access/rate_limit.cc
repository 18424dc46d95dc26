#include "common/access/rate_limit.h"

#include <algorithm>

namespace sluice::access {

std::optional<std::chrono::milliseconds> RateLimiter::take(const std::string& client, Clock::Steady now) {
  if (limit_.per_second <= 0) return std::nullopt;
  const Clock::Steady::duration interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / limit_.per_second;
  auto found = by_client_.find(client);
  if (found == by_client_.end()) {
    if (buckets_.size() >= most_clients_) {
      by_client_.erase(buckets_.back().client);
      buckets_.pop_back();
    }
    buckets_.push_front({client, now});
    found = by_client_.emplace(buckets_.front().client, buckets_.begin()).first;
  }
  Bucket& bucket = *found->second;
  buckets_.splice(buckets_.begin(), buckets_, found->second);
  const Clock::Steady from = std::max(bucket.full_at, now);
  const auto allowed_behind = interval * (limit_.burst - 1);
  if (from - now <= allowed_behind) {
    bucket.full_at = from + interval;
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(from - now - allowed_behind);
}

}  // namespace sluice::access
