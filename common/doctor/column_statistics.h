#pragma once
// What the valid rows of a file hold in one column of its dataset.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "common/base/decimal.h"
#include "common/definition/report.h"
#include "common/rows/value_tree.h"

namespace sluice::doctor {

// Different values are counted as far as this.
inline constexpr std::size_t kMostDistinct = 10'000;

class ColumnStatistics {
 public:
  explicit ColumnStatistics(const ColumnSpec& column);
  // One row's value, as the record has it.
  void add(const ValueNode& value);

  const std::string& name() const { return name_; }
  std::string_view type() const { return type_; }  // "string", "integer" …
  std::uint64_t values() const { return values_; }
  std::uint64_t nulls() const { return nulls_; }
  std::size_t distinct() const { return distinct_.size(); }
  bool all_distinct_counted() const { return distinct_.size() < kMostDistinct; }
  // Empty without values; of long texts the beginning. Numbers by value, all else by its text.
  const std::string& least() const { return least_; }
  const std::string& greatest() const { return greatest_; }
  std::size_t longest_bytes() const { return longest_; }

 private:
  bool is_before(std::string_view a, std::string_view b) const;

  std::string name_;
  std::string_view type_;
  bool is_number_;
  std::uint64_t values_ = 0, nulls_ = 0;
  std::size_t longest_ = 0;
  std::string least_, greatest_;
  std::unordered_set<std::size_t> distinct_;  // hashes
};

}  // namespace sluice::doctor
