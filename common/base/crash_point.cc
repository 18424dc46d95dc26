#include "common/base/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <string>

namespace sluice {
namespace {

// Written once in main, before any other thread is started.
std::atomic<bool> armed{false};
std::string armed_name;  // NOLINT: lives as long as the process
std::atomic<int> remaining{1};
std::atomic<bool> freezes{false};

}  // namespace

void arm_crash_point(std::string_view setting) {
  if (setting.empty()) return;
  const std::size_t colon = setting.rfind(':');
  armed_name = std::string(setting.substr(0, colon));
  if (colon != std::string_view::npos) {
    int nth = 1;
    const std::string_view count = setting.substr(colon + 1);
    freezes = count == "freeze";
    std::from_chars(count.data(), count.data() + count.size(), nth);
    remaining = nth < 1 ? 1 : nth;
  }
  armed = true;
}

void crash_point(std::string_view name) {
  if (!armed.load(std::memory_order_relaxed)) return;
  if (name != armed_name || --remaining > 0) return;
  if (freezes) {
    armed = false;
    ::raise(SIGSTOP);  // to this thread: with kill() it could go on while another one is being stopped
    return;
  }
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

}  // namespace sluice
