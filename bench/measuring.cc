#include "bench/measuring.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace sluice::testing {

double seconds_since(BenchClock::time_point start) {
  return std::chrono::duration<double>(BenchClock::now() - start).count();
}

double metric(const Stack& stack, const std::string& service, const std::string& name) {
  std::istringstream lines(stack.get(service, "/metrics").body);
  double sum = 0;
  std::string line;
  while (std::getline(lines, line)) {
    if (!line.starts_with(name)) continue;
    const char after = line[name.size()];
    if (after != ' ' && after != '{') continue;
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

void print(const Mark& mark) {
  std::printf("%-34s %10.0f rows  %7.2f s  %9.0f rows/s  %6.2f CPU s per million  %6.1f MB peak RSS\n",
              mark.stage.c_str(), mark.rows, mark.seconds, mark.rows / mark.seconds,
              mark.cpu_seconds / mark.rows * 1e6, static_cast<double>(mark.rss_kib) / 1024);
  std::fflush(stdout);
}

void wait(const std::string& what, const std::function<bool()>& done, std::chrono::seconds limit) {
  if (eventually(done, limit)) return;
  std::fprintf(stderr, "gave up waiting for %s\n", what.c_str());
  std::exit(1);
}

void wait_until_ready(const Stack& stack, const std::string& service) {
  wait(service, [&] { return stack.get(service, "/readyz").status == 200; });
}

}  // namespace sluice::testing
