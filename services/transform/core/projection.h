#pragma once
// The columns of a dataset that its reports use. Stage 1 keeps only these per key: enough to take back
// what the record added, in every report.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/cell.h"

namespace sluice::transform {

class Projection {
 public:
  explicit Projection(const Dataset& dataset);

  static constexpr std::size_t kUnused = static_cast<std::size_t>(-1);
  // By Dataset column: its place in the projection, kUnused if no report uses it.
  const std::vector<std::size_t>& place_of() const { return place_of_; }
  // The same for columns of a report's relation: what a report derives without knowing other records (the
  // item of a list) stands behind the projection.
  std::size_t place_in_relation(std::size_t column) const {
    return column < place_of_.size() ? place_of_[column]
                                     : columns_.size() + column - place_of_.size();
  }
  std::size_t size() const { return columns_.size(); }

  // Writes all columns' canonical bytes to `content` (for the hash) and, of those that reports use,
  // to `projection` too. `cells` are the record's, in Dataset order.
  void encode(std::span<const Cell> cells, std::string& content, std::string& projection) const;

  // A projection read back; the views point into the bytes.
  struct Columns {
    std::vector<Cell> cells;
    std::vector<std::string_view> bytes;  // each cell as encoded
  };
  // False if the bytes are not a projection of this dataset.
  bool decode(std::string_view projection, Columns& out) const;

 private:
  std::vector<std::size_t> columns_;   // ascending
  std::vector<std::size_t> place_of_;
};

}  // namespace sluice::transform
