#pragma once
// The key of a row in one family of a report, as bytes: its cells one behind the other (cell_bytes.h).
// Remembers window labels, so one thread uses one object.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "common/definition/report.h"
#include "common/expression/evaluator.h"

namespace sluice::transform {

// A row of a relation. `encoded` holds its cells as bytes too, or is empty.
struct RelationRow {
  std::span<const Cell> cells;
  std::span<const std::string_view> encoded;
};

class FamilyKeys {
 public:
  // Columns in the expressions are renumbered to places in the rows.
  FamilyKeys(const FamilySpec& family, const std::function<std::size_t(std::size_t)>& place_of);
  // Writes the key over `out`.
  void write(const RelationRow& row, Evaluator& evaluator, std::string& out);

 private:
  struct Key {
    ExpressionPtr expression;
    // Of a window: its labels as encoded cells, by days or microseconds.
    boost::unordered_flat_map<std::int64_t, std::string> labels;
  };
  static const std::string& label_of(Key& key, const Cell& time, Evaluator& evaluator,
                                     std::span<const Cell> row, std::string& scratch);

  std::vector<Key> keys_;
  std::string scratch_;
};

// The event time as an instant (a date is its midnight UTC); nullopt if null.
std::optional<Instant> event_instant(const Cell& cell);

}  // namespace sluice::transform
