#include "services/transform/core/entity_rows.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/partitioning.h"
#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/ordered_bytes.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kRowOverhead = 64;

std::vector<ExpressionPtr> placed(const std::vector<ExpressionPtr>& expressions,
                                  const std::function<std::size_t(std::size_t)>& place_of) {
  std::vector<ExpressionPtr> out;
  for (const ExpressionPtr& expression : expressions) {
    out.push_back(renumbered(expression, place_of));
  }
  return out;
}

struct KeysOf {
  using Keys = std::vector<std::vector<ExpressionPtr>>;
  Keys operator()(const LookupSpec& d) const { return d.match; }
  template <typename Other>
  Keys operator()(const Other& d) const {
    return {d.per};
  }
};

}  // namespace

EntityRows::EntityRows(const Dataset& dataset, const std::string& target, std::int32_t partitions,
                       const std::function<std::size_t(std::size_t)>& place_of)
    : target_(target), partitions_(partitions) {
  for (const ReportSpec& report : dataset.reports) {
    if (!report.derive || target != dataset.name) continue;
    Own own;
    own.report = report.name;
    own.is_lookup = std::holds_alternative<LookupSpec>(*report.derive);
    for (const auto& keys : std::visit(KeysOf{}, *report.derive)) {
      own.keys.push_back(placed(keys, place_of));
    }
    for (const std::size_t column : report.carried) own.carried.push_back(place_of(column));
    own_.push_back(std::move(own));
  }
  for (const FeedSpec& feed : dataset.feeds) {
    if (feed.dataset != target) continue;
    LookedUp to;
    to.report = feed.report;
    to.key = placed(feed.lookup.key, place_of);
    to.pick = feed.lookup.pick;
    for (OrderExpression& order : to.pick) order.value = renumbered(order.value, place_of);
    to.take = placed(feed.lookup.take, place_of);
    for (const std::size_t column : dataset.key) {
      const ColumnSpec& spec = dataset.columns[column];
      to.tie.push_back(column_expression(place_of(column), spec.type, spec.nullable));
    }
    looked_up_.push_back(std::move(to));
  }
}

void EntityRows::add(const RelationRow& record, std::int64_t weight) {
  for (const Own& own : own_) add_own(own, record, weight);
  for (const LookedUp& to : looked_up_) add_looked_up(to, record, weight);
  evaluator_.clear();
}

void EntityRows::append(const ExpressionPtr& expression, const RelationRow& record,
                        std::string& out) {
  append_cell(out, evaluator_.cell(*expression, record.cells));
}

bool EntityRows::write_key(const std::vector<ExpressionPtr>& key, const RelationRow& record,
                           bool nulls_allowed) {
  key_.clear();
  for (const ExpressionPtr& part : key) {
    const Cell cell = evaluator_.cell(*part, record.cells);
    if (is_null(cell) && !nulls_allowed) return false;
    append_cell(key_, cell);
  }
  return true;
}

void EntityRows::add_own(const Own& own, const RelationRow& record, std::int64_t weight) {
  bool sent = false;
  for (std::size_t i = 0; i < own.keys.size(); ++i) {
    const bool last = i + 1 == own.keys.size();
    if (!write_key(own.keys[i], record, !own.is_lookup)) {
      if (!last || sent) continue;
      key_.clear();
    }
    payload_.assign(1, static_cast<char>(kOwnPort));
    if (own.is_lookup) append_cell(payload_, static_cast<std::int64_t>(i));
    for (const std::size_t place : own.carried) payload_.append(record.encoded[place]);
    add_row(own.report, weight);
    sent = true;
  }
}

void EntityRows::add_looked_up(const LookedUp& to, const RelationRow& record, std::int64_t weight) {
  if (!write_key(to.key, record, false)) return;
  std::string order;
  for (const OrderExpression& pick : to.pick) {
    const std::size_t from = order.size();
    append_ordered(order, evaluator_.cell(*pick.value, record.cells));
    if (pick.descending) invert_order(order, from);
  }
  for (const ExpressionPtr& tie : to.tie) append_ordered(order, evaluator_.cell(*tie, record.cells));
  payload_.assign(1, static_cast<char>(kLookedUpPort));
  ByteWriter(payload_).string(order);
  for (const ExpressionPtr& take : to.take) append(take, record, payload_);
  add_row(to.report, weight);
}

void EntityRows::add_row(const std::string& report, std::int64_t weight) {
  name_.clear();
  ByteWriter writer(name_);
  writer.string(report);
  writer.string(key_);
  name_.append(payload_);
  auto [found, fresh] = rows_.try_emplace(name_, 0);
  if (fresh) bytes_ += name_.size() + kRowOverhead;
  found->second += weight;
}

void EntityRows::take(std::vector<FrameWriter>& partitions) {
  std::vector<std::pair<std::string_view, std::int64_t>> ordered;
  for (const auto& [name, weight] : rows_) {
    if (weight != 0) ordered.emplace_back(name, weight);
  }
  std::ranges::sort(ordered);
  for (const auto& [name, weight] : ordered) {
    ByteCursor reader(name);
    const std::string_view report = reader.string();
    const std::string_view key = reader.string();
    const std::string_view address = name.substr(0, name.size() - reader.rest().size());
    const auto to = static_cast<std::size_t>(
        partition_of(address, static_cast<std::int32_t>(partitions.size())));
    partitions[to].add({DeltaKind::kMember, report, 0, key, weight, reader.rest()});
  }
  clear();
}

void EntityRows::clear() {
  rows_.clear();
  bytes_ = 0;
}

}  // namespace sluice::transform
