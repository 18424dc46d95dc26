#pragma once
// How many of a file's rows may be dead letters before the file as a whole is refused: the definition's `errors:`.
// Counted over the whole file before anything of it is published. Pure.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/definition/definition.h"

namespace sluice {

class ErrorTally {
 public:
  void row_read() { ++rows_; }
  void rows_read(std::uint64_t rows) { rows_ += rows; }
  void rejected(std::string_view rule, std::string_view column);

  std::uint64_t rejected_rows() const { return rejected_; }
  // Of a whole file: nullopt if it is within the budget; else the sentence for its receipt.
  std::optional<std::string> over(const ErrorBudget& budget) const;

 private:
  std::string most_frequent() const;

  std::uint64_t rows_ = 0;
  std::uint64_t rejected_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t, std::less<>> reasons_;  // by rule and column
};

}  // namespace sluice
