#pragma once
// What the benchmarks share: a service's own metrics, waiting with a bound, and a line of figures.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/support/stack.h"

namespace sluice::testing {

using BenchClock = std::chrono::steady_clock;

double seconds_since(BenchClock::time_point start);

// The sum of a metric over its labels; 0 if it is not there yet.
double metric(const Stack& stack, const std::string& service, const std::string& name);

// A stage's figures. Processor seconds are the service's own (user + system); RSS is its peak.
struct Mark {
  std::string stage;
  double rows = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t rss_kib = 0;
};
void print(const Mark& mark);

// Waits until `done`, at most `limit`; then the program ends with an error rather than hang.
void wait(const std::string& what, const std::function<bool()>& done,
          std::chrono::seconds limit = std::chrono::seconds(900));
void wait_until_ready(const Stack& stack, const std::string& service);

}  // namespace sluice::testing
