#pragma once
// All groups of a top report in its order, in memory (some 150 bytes each beside the group's own bytes),
// made from the local store at start. Remembers which rows were given out, by a hash each.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/report.h"
#include "common/expression/evaluator.h"
#include "services/transform/core/record_state.h"
#include "services/transform/core/row_json.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class TopList {
 public:
  // The report, which has a top, outlives this.
  explicit TopList(const ReportSpec& report) : report_(report) {}

  // The group stands with this context, or no longer (empty).
  void put(std::string_view group, const std::vector<Cell>& context, Evaluator& evaluator);
  void remove(std::string_view group);
  // The first groups in order, at most as many as the report shows.
  std::vector<std::string_view> first() const;

  // The rows given out are now these; which ranks (from 1) changed, and how many rows there were.
  struct Changed {
    std::vector<std::size_t> ranks;
    std::size_t rows_before = 0;
  };
  Changed give_out(const std::vector<RowJson>& rows);

  std::size_t bytes() const { return bytes_; }

 private:
  struct Place {
    bool is_null = false;
    bool descending = false;
    std::optional<Rational> number;  // of a quotient, which has no exact bytes
    std::string bytes;
  };
  struct Entry {
    std::vector<Place> places;
    std::string group;
  };
  struct InOrder {
    bool operator()(const Entry& a, const Entry& b) const;
  };

  const ReportSpec& report_;
  std::set<Entry, InOrder> entries_;
  StringMap<std::set<Entry, InOrder>::const_iterator> by_group_;
  std::vector<ContentHash> given_out_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
