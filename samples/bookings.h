#pragma once
// Sample bookings: invented restaurants, real shapes. The same bytes each time.

#include <string>
#include <vector>

namespace sluice::samples {

struct SampleFile {
  std::string name;
  std::string content;
};

// Two files: 2,000 rows with both currencies and both ways to write a date, some rows twice and some
// that must be refused; then 200 rows that correct earlier ones or repeat them.
std::vector<SampleFile> bookings();

}  // namespace sluice::samples
