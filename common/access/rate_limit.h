#pragma once
// How many requests each client may make: a bucket a client, refilled evenly. One thread. Memory is bounded:
// of very many clients the one that has asked for nothing for longest is forgotten, its bucket being the fullest.

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/clock.h"

namespace sluice::access {

struct RateLimit {
  int per_second = 0;  // 0: no limit
  int burst = 1;       // so many at once, after a pause
};

class RateLimiter {
 public:
  explicit RateLimiter(RateLimit limit, std::size_t most_clients = 10'000) : limit_(limit), most_clients_(most_clients) {}

  // Nothing: it may. Else how long until it may again; a refused request costs nothing.
  std::optional<std::chrono::milliseconds> take(const std::string& client, Clock::Steady now);

 private:
  struct Bucket {
    std::string client;
    Clock::Steady full_at;  // says how full it is, and is exact
  };

  RateLimit limit_;
  std::size_t most_clients_;
  std::list<Bucket> buckets_;  // the latest that asked in front
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_client_;  // keys point into buckets_
};

}  // namespace sluice::access
