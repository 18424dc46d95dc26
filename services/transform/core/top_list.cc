#include "services/transform/core/top_list.h"

#include "services/transform/core/ordered_bytes.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kEntryOverhead = 240;

}  // namespace

bool TopList::InOrder::operator()(const Entry& a, const Entry& b) const {
  for (std::size_t i = 0; i < a.places.size(); ++i) {
    const Place& left = a.places[i];
    const Place& right = b.places[i];
    // Nothing ranks behind everything, whichever way the order goes.
    if (left.is_null != right.is_null) return right.is_null;
    if (left.is_null) continue;
    int order = 0;
    if (left.number) {
      order = left.number->compare(*right.number);
      if (left.descending) order = -order;
    } else {
      order = left.bytes.compare(right.bytes);
    }
    if (order != 0) return order < 0;
  }
  return a.group < b.group;
}

void TopList::put(std::string_view group, const std::vector<Cell>& context, Evaluator& evaluator) {
  remove(group);
  Entry entry;
  entry.group = std::string(group);
  for (const OrderExpression& order : report_.top->order) {
    Place place;
    place.descending = order.descending;
    if (order.value->quotient) {
      place.number = evaluator.number(*order.value, context);
      place.is_null = !place.number.has_value();
    } else {
      const Cell cell = evaluator.cell(*order.value, context);
      place.is_null = is_null(cell);
      append_ordered(place.bytes, cell);
      if (order.descending) invert_order(place.bytes);
    }
    entry.places.push_back(std::move(place));
  }
  evaluator.clear();
  // What is not kept ranks behind all that is; so does this one then.
  if (!all_ && (entries_.empty() || InOrder()(*entries_.rbegin(), entry))) return;
  bytes_ += 2 * group.size() + kEntryOverhead;
  const auto placed = entries_.insert(std::move(entry)).first;
  by_group_.emplace(placed->group, placed);
  if (entries_.size() <= capacity()) return;
  erase(std::prev(entries_.end()));
  all_ = false;
}

std::size_t TopList::capacity() const { return 2 * report_.top->rows + spare_; }

void TopList::erase(std::set<Entry, InOrder>::const_iterator entry) {
  bytes_ -= 2 * entry->group.size() + kEntryOverhead;
  by_group_.erase(entry->group);
  entries_.erase(entry);
}

void TopList::clear() {
  entries_.clear();
  by_group_.clear();
  bytes_ = 0;
  all_ = true;
}

void TopList::remove(std::string_view group) {
  const auto found = by_group_.find(group);
  if (found != by_group_.end()) erase(found->second);
}

std::vector<std::string_view> TopList::first() const {
  std::vector<std::string_view> out;
  for (auto it = entries_.begin(); it != entries_.end() && out.size() < report_.top->rows; ++it) {
    out.emplace_back(it->group);
  }
  return out;
}

TopList::Changed TopList::give_out(const std::vector<RowJson>& rows) {
  Changed changed;
  changed.rows_before = given_out_.size();
  given_out_.resize(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ContentHash hash = hash_content(rows[i].value);
    if (i < changed.rows_before && given_out_[i] == hash) continue;
    given_out_[i] = hash;
    changed.ranks.push_back(i + 1);
  }
  return changed;
}

}  // namespace sluice::transform
