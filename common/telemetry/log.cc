#include "common/telemetry/log.h"

#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

#include "common/base/json_text.h"

namespace sluice::log {
namespace {

constexpr std::size_t kMaxValueBytes = 1000;
constexpr int kMaxWaitMs = 5000;

struct Target {
  std::string service = "sluice";
  Level level = Level::kInfo;
};

Target& target() {
  static Target instance;
  return instance;
}

std::atomic<std::uint64_t> warnings{0};
std::atomic<std::uint64_t> errors{0};

std::string_view name_of(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
    case Level::kAudit:
      return "audit";
  }
  return "info";
}

// Cuts at a character's border, so that the value stays UTF-8.
std::string_view capped(std::string_view value) {
  if (value.size() <= kMaxValueBytes) return value;
  std::size_t end = kMaxValueBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0) == 0x80) --end;
  return value.substr(0, end);
}

std::string timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm utc{};
  ::gmtime_r(&now.tv_sec, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     now.tv_nsec / 1'000'000);
}

void append(std::string& line, std::string_view name, std::string_view value, bool quoted) {
  line += ',';
  append_json_string(line, name);
  line += ':';
  if (quoted) {
    append_json_string(line, valid_utf8(capped(value)));
  } else {
    line += value;
  }
}

void write_whole(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (written < 0 && errno == EAGAIN) {
      // A pipe that someone made non-blocking and whose reader is behind: half a line would spoil
      // the next one too.
      pollfd wanted{STDERR_FILENO, POLLOUT, 0};
      if (::poll(&wanted, 1, kMaxWaitMs) == 0) return;
    } else if (written == 0 || errno != EINTR) {
      return;  // stderr is gone; there is nobody to tell
    }
  }
}

}  // namespace

void initialise(std::string_view service, std::string_view level) {
  target().service = std::string(service);
  for (Level candidate : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    if (name_of(candidate) == level) target().level = candidate;
  }
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (level == Level::kWarning) ++warnings;
  if (level == Level::kError) ++errors;
  if (level < target().level) return;
  std::string line = "{\"ts\":\"" + timestamp() + "\"";
  append(line, "level", name_of(level), true);
  append(line, "service", target().service, true);
  append(line, "msg", message, true);
  for (const Field& field : fields) append(line, field.name, field.value, field.quoted);
  line += "}\n";
  // One write per line: lines of several threads do not mix, and nothing is lost in a crash.
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  write_whole(line);
}

Counts counts() { return {warnings, errors}; }

}  // namespace sluice::log
