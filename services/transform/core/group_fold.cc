#include "services/transform/core/group_fold.h"

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

// Of all reports together.
constexpr std::size_t kCacheBytes = 32U << 20;
// 10^12 transactions a generation, and 8,192 generations are exact in a double, which readers of JSON may use.
constexpr int kTransactionBits = 40;

// The bytes of each of a group's cells.
std::vector<std::string_view> cells_of(std::string_view group) {
  std::vector<std::string_view> out;
  ByteCursor reader(group);
  while (reader.ok() && !reader.at_end()) {
    const std::string_view before = reader.rest();
    read_cell(reader);
    out.push_back(before.substr(0, before.size() - reader.rest().size()));
  }
  return out;
}

std::string key_of(const FamilyReference& reference, const std::vector<std::string_view>& cells) {
  std::string key;
  for (const std::size_t at : reference.group_at) key.append(cells.at(at));
  return key;
}

}  // namespace

GroupFold::GroupFold(const Dataset& dataset, const Topics& topics, std::int32_t partition)
    : partition_(partition),
      revision_base_(static_cast<std::uint64_t>(topics.generation() - 1) << kTransactionBits) {
  for (const ReportSpec& report : dataset.reports) {
    reports_.push_back({topics.rows(report.name),
                        std::make_unique<GroupTable>(report, kCacheBytes / dataset.reports.size()),
                        report.top ? std::make_unique<TopList>(report) : nullptr});
  }
}

GroupFold::Report& GroupFold::report_named(std::string_view name) {
  const auto found = std::ranges::find_if(
      reports_, [&](const Report& r) { return r.groups->report().name == name; });
  if (found == reports_.end()) {
    throw Unsafe("deltas of a report '" + std::string(name) +
                 "' came, which the definition does not have; put the old definition back");
  }
  return *found;
}

void GroupFold::load(const StateStore& store) {
  for (Report& report : reports_) {
    if (report.top == nullptr) continue;
    rank_all(report, store);
    Outcome nobody;
    top_rows(report, {}, store, {}, nobody);
  }
}

void GroupFold::apply(const std::vector<Delta>& deltas, const StateStore& store) {
  // Deltas of one report come together.
  std::vector<const Delta*> some;
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    if (deltas[i].kind == DeltaKind::kMember) throw Unsafe("a row of an entity came to the groups");
    some.push_back(&deltas[i]);
    if (i + 1 < deltas.size() && deltas[i + 1].report == deltas[i].report) continue;
    report_named(deltas[i].report).groups->apply(some, store);
    some.clear();
  }
}

Fold::Outcome GroupFold::outcome(const Transaction& transaction, const StateStore& store) {
  Outcome out;
  for (Report& report : reports_) {
    const auto changes = report.groups->changes(store, out.state);
    if (changes.empty()) continue;
    const ReportSpec& spec = report.groups->report();
    if (report.top != nullptr) {
      top_rows(report, changes, store, transaction, out);
    } else if (spec.references.size() > 1) {
      rows_with_totals(report, changes, store, transaction, out);
    } else {
      plain_rows(report, changes, transaction, out);
    }
  }
  std::ranges::sort(out.state, {}, &StateStore::Write::key);
  return out;
}

std::vector<Cell> GroupFold::context_of(Report& report, std::string_view key, const Values& own,
                                        bool before, const StateStore& store) {
  const ReportSpec& spec = report.groups->report();
  auto group = read_group(spec, key);
  if (!group) throw Unsafe(group.error().message);
  std::vector<Cell> context = std::move(*group);
  const Aggregates& aggregates = report.groups->aggregates(0);
  for (std::size_t i = 0; i < aggregates.size(); ++i) context.push_back(aggregates.shown(own, i));
  if (spec.references.size() == 1) return context;
  const auto cells = cells_of(key);
  old_values_.clear();
  old_values_.reserve(spec.references.size());  // views into them go into the context
  for (std::size_t r = 1; r < spec.references.size(); ++r) {
    const auto family = static_cast<std::uint32_t>(spec.references[r].family);
    const GroupTable::Group* total =
        report.groups->find(family, key_of(spec.references[r], cells), store);
    const Values* values = total == nullptr || total->rows == 0 ? nullptr : &total->values;
    if (before && total != nullptr && total->touched) {
      auto old = report.groups->before(*total);
      values = nullptr;
      if (old) values = &old_values_.emplace_back(std::move(*old));
    }
    const Aggregates& of_total = report.groups->aggregates(family);
    for (std::size_t i = 0; i < of_total.size(); ++i) {
      context.push_back(values == nullptr ? Cell{} : of_total.shown(*values, i));
    }
  }
  return context;
}

void GroupFold::put_row(Report& report, RowJson row, const Transaction& transaction,
                        Outcome& out) const {
  append_revision(row.value, revision_base_ + transaction.number);
  out.messages.push_back(
      {report.topic, partition_, std::move(row.key), std::move(row.value), false});
  ++out.changed[report.groups->report().name];
}

void GroupFold::drop_row(Report& report, std::string key, Outcome& out) const {
  out.messages.push_back({report.topic, partition_, std::move(key), {}, true});
  ++out.changed[report.groups->report().name];
}

void GroupFold::plain_rows(Report& report, const std::vector<const GroupTable::Group*>& changes,
                           const Transaction& transaction, Outcome& out) {
  const ReportSpec& spec = report.groups->report();
  const Aggregates& aggregates = report.groups->aggregates(0);
  for (const GroupTable::Group* group : changes) {
    auto context = read_group(spec, group->key);
    if (!context) throw Unsafe(context.error().message);
    if (group->rows == 0) {
      drop_row(report, write_key(spec, *context, 0), out);
      continue;
    }
    for (std::size_t i = 0; i < aggregates.size(); ++i) {
      context->push_back(aggregates.shown(group->values, i));
    }
    put_row(report, write_row(spec, *context, 0, evaluator_), transaction, out);
  }
}

void GroupFold::rows_with_totals(Report& report,
                                 const std::vector<const GroupTable::Group*>& changes,
                                 const StateStore& store, const Transaction& transaction,
                                 Outcome& out) {
  const ReportSpec& spec = report.groups->report();
  std::set<std::pair<std::uint32_t, std::string_view>> totals;
  for (const GroupTable::Group* group : changes) {
    if (group->family != 0) totals.emplace(group->family, group->key);
  }
  // Which rows to look at: those that changed themselves or refer to a total that did. Their keys are
  // taken first, because making a row loads totals.
  struct Look {
    std::string key;
    std::optional<Values> before, after;
  };
  std::vector<Look> looks;
  const auto look = [&](std::string_view key, const Values* before, const Values* after) {
    if (before == after) {
      const auto cells = cells_of(key);
      const bool refers = std::ranges::any_of(spec.references, [&](const FamilyReference& r) {
        return r.family != 0 &&
               totals.contains({static_cast<std::uint32_t>(r.family), key_of(r, cells)});
      });
      if (!refers) return;
    }
    looks.push_back({std::string(key), before ? std::optional(*before) : std::nullopt,
                     after ? std::optional(*after) : std::nullopt});
  };
  if (!totals.empty()) {
    report.groups->each(0, store, look);
  } else {
    for (const GroupTable::Group* group : changes) {
      const auto before = report.groups->before(*group);
      look(group->key, before ? &*before : nullptr, group->rows > 0 ? &group->values : nullptr);
    }
  }
  std::ranges::sort(looks, {}, &Look::key);
  for (const Look& one : looks) {
    RowJson before, after;
    if (one.before) {
      before = write_row(spec, context_of(report, one.key, *one.before, true, store), 0, evaluator_);
    }
    if (one.after) {
      after = write_row(spec, context_of(report, one.key, *one.after, false, store), 0, evaluator_);
    }
    if (before.value == after.value) continue;
    if (one.after) {
      put_row(report, std::move(after), transaction, out);
    } else {
      drop_row(report, std::move(before.key), out);
    }
  }
}

void GroupFold::rank_all(Report& report, const StateStore& store) {
  report.top->clear();
  report.groups->each(0, store, [&](std::string_view key, const Values*, const Values* values) {
    if (values != nullptr) report.top->put(key, context_of(report, key, *values, false, store), evaluator_);
  });
}

void GroupFold::top_rows(Report& report, const std::vector<const GroupTable::Group*>& changes,
                         const StateStore& store, const Transaction& transaction, Outcome& out) {
  const ReportSpec& spec = report.groups->report();
  for (const GroupTable::Group* group : changes) {
    if (group->rows == 0) {
      report.top->remove(group->key);
    } else {
      report.top->put(group->key, context_of(report, group->key, group->values, false, store),
                      evaluator_);
    }
  }
  if (report.top->is_short()) rank_all(report, store);
  std::vector<RowJson> rows;
  for (const std::string_view key : report.top->first()) {
    const GroupTable::Group* group = report.groups->find(0, key, store);
    const auto rank = static_cast<std::int64_t>(rows.size()) + 1;
    rows.push_back(write_row(spec, context_of(report, key, group->values, false, store), rank,
                             evaluator_));
  }
  const TopList::Changed changed = report.top->give_out(rows);
  for (const std::size_t rank : changed.ranks) {
    put_row(report, std::move(rows[rank - 1]), transaction, out);
  }
  for (std::size_t rank = rows.size() + 1; rank <= changed.rows_before; ++rank) {
    drop_row(report, write_key(spec, {}, static_cast<std::int64_t>(rank)), out);
  }
}

void GroupFold::settle() {
  for (Report& report : reports_) report.groups->settle();
}

std::size_t GroupFold::bytes() const {
  std::size_t bytes = 0;
  for (const Report& report : reports_) {
    bytes += report.groups->bytes() + (report.top == nullptr ? 0 : report.top->bytes());
  }
  return bytes;
}

}  // namespace sluice::transform
