#pragma once
// The first groups of a top report in its order, in memory: those that it shows and some behind them, so that a row
// that goes has its heir at hand. All others stand in the local store only, and every one of them ranks behind those
// that are kept. When more rows have gone than were kept behind, the list is short() and is to be made anew from the
// store: at most once in so many rows that went. Remembers which rows were given out, by a hash each.

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
  // The report, which has a top, outlives this. Kept behind what is shown are as many rows again, and `spare`.
  explicit TopList(const ReportSpec& report, std::size_t spare = 1000) : report_(report), spare_(spare) {}

  // The group stands with this context, or no longer.
  void put(std::string_view group, const std::vector<Cell>& context, Evaluator& evaluator);
  void remove(std::string_view group);
  // Whether a group that is not kept may belong to the first ones. Then clear() and put() every group that stands.
  bool is_short() const { return !all_ && entries_.size() < report_.top->rows; }
  void clear();
  // The first groups in order, at most as many as the report shows. Not while it is short.
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

  // How many groups are kept at most.
  std::size_t capacity() const;
  void erase(std::set<Entry, InOrder>::const_iterator entry);

  const ReportSpec& report_;
  std::set<Entry, InOrder> entries_;
  StringMap<std::set<Entry, InOrder>::const_iterator> by_group_;
  std::size_t spare_;
  bool all_ = true;  // every group is kept
  std::vector<ContentHash> given_out_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
