#pragma once
// Structured logs: one JSON object a line on stderr, flushed at once.
//   {"ts":"2026-01-31T12:00:00.123Z","level":"info","service":"ingest","msg":"file done",
//    "dataset":"bookings","file":"17-9f86d081884c","trace":"…"}
// Row contents and secrets never go in. Values are escaped, bytes that are no UTF-8 replaced, and
// capped at 1,000 bytes. Thread-safe.

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::log {

// kAudit: what is told at every level.
enum class Level { kDebug, kInfo, kWarning, kError, kAudit };

struct Field {
  std::string_view name;
  std::string value;
  bool quoted = true;
  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(v) {}
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
  Field(std::string_view n, T v)
      : name(n), value(fmt::format("{}", v)), quoted(std::is_same_v<T, char> || !is_finite(v)) {}

 private:
  // JSON has no number for infinity and NaN.
  template <typename T>
  static bool is_finite(T v) {
    if constexpr (std::is_floating_point_v<T>) return v - v == 0;
    return true;
  }
};

// Once, at the start of main. `level` is SLUICE_LOG_LEVEL's: debug, info, warning, error.
void initialise(std::string_view service, std::string_view level);
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

// What this process has had to say so far, also what its level left out.
struct Counts {
  std::uint64_t warnings = 0;
  std::uint64_t errors = 0;
};
Counts counts();

inline void debug(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::kDebug, m, f);
}
inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::kInfo, m, f);
}
inline void warning(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::kWarning, m, f);
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::kError, m, f);
}

}  // namespace sluice::log
