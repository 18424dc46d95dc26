#include "services/transform/core/derivation.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "common/base/bytes.h"
#include "common/base/error.h"
#include "services/transform/core/aggregates.h"
#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/entity_rows.h"
#include "services/transform/core/family_keys.h"
#include "services/transform/core/ordered_bytes.h"

namespace sluice::transform {
namespace {

std::int64_t month_number(const Cell& time, const TimeZone& zone) {
  Date date{};
  if (const auto* day = std::get_if<Date>(&time)) {
    date = *day;
  } else if (const auto* at = std::get_if<Instant>(&time)) {
    date = zone.local_date(*at);
  }
  const std::string text = to_string(date);  // YYYY-MM-DD
  return std::stoll(text.substr(0, 4)) * 12 + std::stoll(text.substr(5, 2));
}

[[noreturn]] void malformed(const ReportSpec& report) {
  throw Unsafe("a row of an entity of report '" + report.name +
               "' was written by another version of the program");
}

}  // namespace

Derivation::Derivation(const ReportSpec& report, std::size_t columns)
    : report_(report), columns_(columns) {}

std::size_t Derivation::place_of(std::size_t column) const {
  if (column >= columns_) return report_.carried.size() + column - columns_;
  const auto found = std::ranges::lower_bound(report_.carried, column);
  return static_cast<std::size_t>(found - report_.carried.begin());
}

ExpressionPtr Derivation::placed(const ExpressionPtr& expression) const {
  return renumbered(expression, [this](std::size_t column) { return place_of(column); });
}

std::vector<Derivation::Row> Derivation::read_own(std::span<const Member> members,
                                                  bool is_lookup) const {
  std::vector<Row> rows;
  for (const Member& member : members) {
    ByteCursor reader(member.payload);
    if (reader.u8() != kOwnPort) continue;
    Row row;
    row.weight = member.weight;
    if (is_lookup) {
      const Cell alternative = read_cell(reader);
      const auto* number = std::get_if<std::int64_t>(&alternative);
      if (number == nullptr) malformed(report_);
      row.number = *number;
    }
    row.cells.resize(report_.carried.size() + report_.derived.size());
    for (std::size_t i = 0; i < report_.carried.size(); ++i) row.cells[i] = read_cell(reader);
    if (!reader.ok() || !reader.at_end()) malformed(report_);
    rows.push_back(std::move(row));
  }
  return rows;
}

void Derivation::derive(std::span<const Member> members, const Each& each) {
  if (const auto* d = std::get_if<PreviousSpec>(&*report_.derive)) previous(*d, members, each);
  if (const auto* d = std::get_if<TrailingSpec>(&*report_.derive)) trailing(*d, members, each);
  if (const auto* d = std::get_if<PairsSpec>(&*report_.derive)) pairs(*d, members, each);
  if (const auto* d = std::get_if<RollupSpec>(&*report_.derive)) rollup(*d, members, each);
  if (const auto* d = std::get_if<LookupSpec>(&*report_.derive)) lookup(*d, members, each);
  evaluator_.clear();
}

void Derivation::previous(const PreviousSpec& spec, std::span<const Member> members,
                          const Each& each) {
  std::vector<Row> rows = read_own(members, false);
  const ExpressionPtr order = placed(spec.order);
  std::vector<ExpressionPtr> takes;
  for (const ExpressionPtr& take : spec.take) takes.push_back(placed(take));
  // Ties go by the record's whole row, which holds its key.
  for (Row& row : rows) {
    append_ordered(row.order, evaluator_.cell(*order, row.cells));
    for (const Cell& cell : row.cells) append_ordered(row.order, cell);
  }
  std::ranges::sort(rows, {}, &Row::order);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<Cell> cells = rows[i].cells;
    for (std::size_t t = 0; i > 0 && t < takes.size(); ++t) {
      cells[report_.carried.size() + t] = evaluator_.cell(*takes[t], rows[i - 1].cells);
    }
    each(cells, rows[i].weight);
  }
}

void Derivation::trailing(const TrailingSpec& spec, std::span<const Member> members,
                          const Each& each) {
  std::vector<Row> rows = read_own(members, false);
  const ExpressionPtr time = placed(spec.time);
  std::map<std::int64_t, std::int64_t> per_month;
  for (Row& row : rows) {
    row.number = month_number(evaluator_.cell(*time, row.cells), spec.zone);
    per_month[row.number] += row.weight;
  }
  for (Row& row : rows) {
    std::int64_t count = 0;
    auto month = per_month.upper_bound(row.number - spec.months);
    for (; month != per_month.end() && month->first <= row.number; ++month) count += month->second;
    row.cells[report_.carried.size()] = count;
    each(row.cells, row.weight);
  }
}

void Derivation::pairs(const PairsSpec& spec, std::span<const Member> members, const Each& each) {
  const std::vector<Row> rows = read_own(members, false);
  if (rows.empty()) return;
  const ExpressionPtr of = placed(spec.of);
  std::set<std::string_view> distinct;
  for (const Row& row : rows) {
    const Cell item = evaluator_.cell(*of, row.cells);
    if (const auto* text = std::get_if<std::string_view>(&item)) distinct.insert(*text);
  }
  const std::size_t first = report_.carried.size();
  std::vector<Cell> cells(first + report_.derived.size());
  const auto emit = [&](const Cell& a, const Cell& b, std::string_view level) {
    cells[first] = a;
    cells[first + 1] = b;
    cells[first + 2] = level;
    each(cells, 1);
  };
  const std::vector<std::string_view> items(distinct.begin(), distinct.end());
  emit({}, {}, "all");
  for (const std::string_view item : items) emit(item, {}, "item");
  if (items.size() > spec.max_items) return emit({}, {}, "skipped");
  for (std::size_t a = 0; a < items.size(); ++a) {
    for (std::size_t b = a + 1; b < items.size(); ++b) emit(items[a], items[b], "pair");
  }
}

void Derivation::rollup(const RollupSpec& spec, std::span<const Member> members, const Each& each) {
  const std::vector<Row> rows = read_own(members, false);
  if (rows.empty()) return;
  FamilySpec family;
  family.aggregates = spec.aggregates;
  const Aggregates aggregates(report_.name, family,
                              [this](std::size_t column) { return place_of(column); });
  AggregateValues values = aggregates.zero();
  std::map<std::pair<std::size_t, std::string>, std::pair<std::int64_t, std::string>> multisets;
  for (const Row& row : rows) {
    aggregates.add_row(values, row.cells, row.weight, evaluator_);
    aggregates.each_entry(row.cells, evaluator_, [&](const MultisetEntry& entry) {
      auto& [count, value] = multisets[{entry.aggregate, std::string(entry.order)}];
      count += row.weight;
      value = std::string(entry.value);
    });
  }
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    if (!aggregates.is_multiset(i)) continue;
    const auto from = multisets.lower_bound({i, std::string()});
    const auto to = multisets.lower_bound({i + 1, std::string()});
    if (aggregates.counts_distinct(i)) {
      values[i] = static_cast<std::int64_t>(std::distance(from, to));
      continue;
    }
    std::int64_t all = 0;
    for (auto it = from; it != to; ++it) all += it->second.first;
    std::int64_t skip = aggregates.rank_of(i, all);
    for (auto it = from; it != to; skip -= it->second.first, ++it) {
      if (skip >= it->second.first) continue;
      values[i] = it->second.second;
      break;
    }
  }
  std::vector<Cell> cells = rows.front().cells;
  for (std::size_t i = 0; i < aggregates.size(); ++i) {
    cells[report_.carried.size() + i] = aggregates.shown(values, i);
  }
  each(cells, 1);
}

void Derivation::lookup(const LookupSpec& spec, std::span<const Member> members, const Each& each) {
  std::string_view best_order, best_taken;
  bool found = false;
  for (const Member& member : members) {
    ByteCursor reader(member.payload);
    if (reader.u8() != kLookedUpPort) continue;
    const std::string_view order = reader.string();
    if (found && order >= best_order) continue;
    found = true;
    best_order = order;
    best_taken = reader.rest();
  }
  ByteCursor reader(best_taken);
  std::vector<Cell> taken;
  for (std::size_t i = 0; found && i < spec.take.size(); ++i) taken.push_back(read_cell(reader));
  if (!reader.ok() || (found && !reader.at_end())) malformed(report_);
  for (Row& row : read_own(members, true)) {
    if (found) {
      std::ranges::copy(taken, row.cells.begin() + static_cast<std::ptrdiff_t>(report_.carried.size()));
      row.cells.back() = row.number + 1;  // which alternative, from 1
    }
    each(row.cells, row.weight);
  }
}

}  // namespace sluice::transform
