#pragma once
// How often CSV files are looked after, and tried again. Pure.

#include <chrono>

#include "common/base/clock.h"

namespace sluice::loader {

// A file that cannot be written waits a second, then two, then four, at most a minute.
class RetryPause {
 public:
  bool over(Clock::Steady now) const { return now >= until_; }
  void failed(Clock::Steady now);
  void succeeded() { *this = {}; }

 private:
  std::chrono::seconds pause_{0};
  Clock::Steady until_{};
};

// Between the end of a look at the reports, which took `work`, and the next. A report that changes all
// the time does not keep the disk and the database busy all the time; a database that is `away` is not
// asked again at once.
Clock::Steady::duration rest_behind(Clock::Steady::duration work, bool away);

}  // namespace sluice::loader
