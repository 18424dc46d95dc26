// The rows that a report counts: the dataset's records, or what a derivation makes of them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"
#include "common/definition/report_scope.h"

namespace sluice::definition {
namespace {

Names names_of(std::function<Result<ExpressionPtr>(const std::string&)> name) {
  Names names;
  names.name = std::move(name);
  names.call = [](const Syntax& call) -> std::optional<Result<ExpressionPtr>> {
    if (!is_aggregate(call.text)) return std::nullopt;
    return fail(fmt::format("{}(…) counts many rows; it stands in `measures:` only", call.text));
  };
  return names;
}

ExpressionPtr typed_or_report(const YamlCursor& at, const std::string& text, const Names& names) {
  const auto syntax = parse_syntax(text);
  const auto made = syntax ? typed(*syntax, names) : tl::unexpected<Error>(syntax.error());
  if (made) return *made;
  at.error(made.error().message);
  return nullptr;
}

ColumnSpec derived_column(const std::string& name, const Expression& of, bool nullable) {
  ColumnSpec column;
  column.name = name;
  column.type = of.type;
  column.nullable = nullable;
  column.is_list = of.is_list;
  return column;
}

void add_derived(const YamlCursor& at, ReportScope& scope, ColumnSpec column) {
  check_name(at, column.name);
  if (scope.is_taken(column.name)) {
    at.error(fmt::format("there is a column \"{}\" already", column.name));
  }
  scope.report.derived.push_back(std::move(column));
}

std::vector<ExpressionPtr> build_per(const YamlCursor& node, const ReportScope& scope) {
  const YamlCursor per = node["per"];
  if (!per.defined()) {
    per.error("required: what the records have in common, such as user_id");
    return {};
  }
  if (per.is_list() && per.items().empty()) per.error("names no column");
  auto out = scope.relation_expressions(per);
  for (const ExpressionPtr& expression : out) {
    refuse_list(per, expression);
    if (!expression->nullable) continue;
    per.error("may be empty, and all records without one would belong together; needs `required: true`, or "
              "`compute:` something with coalesce");
  }
  return out;
}

// Columns that a row takes over from another: name, type, and where it stands for messages.
class TakenColumns {
 public:
  explicit TakenColumns(ReportScope& scope) : scope_(scope) {}
  void add(const YamlCursor& at, ColumnSpec column, bool is_amount) {
    columns_.push_back({at, std::move(column), is_amount});
  }
  // Once all are built: none of them may read another.
  void settle() {
    for (auto& [at, column, is_amount] : columns_) {
      const std::size_t number = scope_.dataset.columns.size() + scope_.report.derived.size();
      if (is_amount) scope_.loose_amounts.insert(number);
      add_derived(at, scope_, std::move(column));
    }
  }

 private:
  struct Taken {
    YamlCursor at;
    ColumnSpec column;
    bool is_amount;
  };
  ReportScope& scope_;
  std::vector<Taken> columns_;
};

void build_explode(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"list", "as"})) return;
  const YamlCursor list = node["list"], as = node["as"];
  if (!list.defined()) return list.error("required: a field of type list");
  if (!as.defined()) return as.error("required: the name of the column with one item");
  const auto column = find_column(list, scope.dataset, list.text().value_or(""));
  if (!column) return;
  if (!scope.dataset.columns[*column].is_list) return list.error("this is not a list");
  scope.report.explode = *column;
  add_derived(as, scope, {as.text().value_or(""), ColumnType::kString, false});
}

void build_previous(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"per", "order", "take"})) return;
  PreviousSpec spec;
  spec.per = build_per(node, scope);
  const YamlCursor order = node["order"], take = node["take"];
  if (!order.defined()) return order.error("required: what \"before\" goes by, such as the event time");
  spec.order = scope.relation_expression(order, order.text().value_or(""));
  refuse_list(order, spec.order);
  if (!take.defined()) return take.error("required: { new_column: column of the record before }");
  if (!take.expect_map_of_names()) return;
  TakenColumns columns(scope);
  for (const auto& [name, key, value] : take.entries()) {
    auto expression = scope.relation_expression(value, value.text().value_or(""));
    if (expression == nullptr) continue;
    columns.add(key, derived_column(name, *expression, true),
                reads_amount(*expression, scope.dataset.columns));
    spec.take.push_back(std::move(expression));
  }
  columns.settle();
  scope.report.derive = std::move(spec);
}

void build_trailing(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"per", "months", "count", "time_zone"})) return;
  TrailingSpec spec;
  spec.per = build_per(node, scope);
  if (!scope.dataset.event_time) return node.error("needs the dataset's `event_time:`");
  const ColumnSpec& time = scope.dataset.columns[*scope.dataset.event_time];
  spec.time = column_expression(*scope.dataset.event_time, time.type, time.nullable);
  const YamlCursor months = node["months"], count = node["count"];
  if (!months.defined()) return months.error("required: how many calendar months, the record's own included");
  spec.months = static_cast<int>(months.integer(1, 1200).value_or(1));
  if (const YamlCursor at = node["time_zone"]; at.defined()) {
    auto zone = TimeZone::find(at.text().value_or(""));
    if (zone) {
      spec.zone = *zone;
    } else {
      at.error(zone.error().message);
    }
  }
  if (!count.defined()) return count.error("required: the name of the column with the count");
  add_derived(count, scope, {count.text().value_or(""), ColumnType::kInteger, false});
  scope.report.derive = std::move(spec);
}

void build_pairs(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"per", "of", "max_items"})) return;
  PairsSpec spec;
  spec.per = build_per(node, scope);
  const YamlCursor of = node["of"], most = node["max_items"];
  if (!of.defined()) return of.error("required: the column with the item");
  spec.of = scope.relation_expression(of, of.text().value_or(""));
  const bool is_item = spec.of == nullptr || (spec.of->type == ColumnType::kString &&
                                              !spec.of->nullable && !spec.of->is_list);
  if (!is_item) of.error("needs a text that is never empty");
  spec.max_items = 1000;
  if (most.defined()) spec.max_items = static_cast<std::size_t>(most.integer(2, 10'000).value_or(1000));
  add_derived(node, scope, {"item_a", ColumnType::kString, false});
  add_derived(node, scope, {"item_b", ColumnType::kString, false});
  add_derived(node, scope, {"level", ColumnType::kString, false});
  scope.report.derive = std::move(spec);
}

void build_rollup(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"per", "take"})) return;
  RollupSpec spec;
  spec.per = build_per(node, scope);
  const YamlCursor take = node["take"];
  if (!take.defined()) return take.error("required: { new_column: count } or another aggregate");
  if (!take.expect_map_of_names()) return;
  const Names names = names_of([&](const std::string& n) { return scope.relation_name(n); });
  TakenColumns columns(scope);
  for (const auto& [name, key, value] : take.entries()) {
    auto syntax = parse_syntax(value.text().value_or(""));
    if (!syntax) {
      value.error(syntax.error().message);
      continue;
    }
    auto aggregate = build_aggregate(*syntax, names);
    if (!aggregate) {
      value.error(aggregate.error().message);
      continue;
    }
    const bool counts =
        aggregate->kind == AggregateKind::kCount || aggregate->kind == AggregateKind::kDistinct ||
        aggregate->kind == AggregateKind::kSum;
    ColumnSpec column{name, type_of(*aggregate), !counts};
    column.is_list = aggregate->value != nullptr && aggregate->value->is_list &&
                     column.type == ColumnType::kString;
    const bool is_number = column.type == ColumnType::kDecimal;
    if (is_number && reads_amount(*aggregate->value, scope.dataset.columns)) {
      value.error("is an amount of money; a rollup would take those of several currencies together");
    }
    columns.add(key, std::move(column), false);
    spec.aggregates.push_back(*std::move(aggregate));
  }
  columns.settle();
  scope.report.derive = std::move(spec);
}

void build_alternatives(const YamlCursor& node, const ReportScope& scope, LookupSpec& spec) {
  const YamlCursor match = node["match"], any = node["match_any"];
  if (match.defined() == any.defined()) {
    return node.error("needs either `match:`, our values that equal the other's `key:`, or "
                      "`match_any:`, a list of such in the order in which they are tried");
  }
  if (match.defined()) {
    spec.match.push_back(scope.relation_expressions(match));
  } else if (!any.is_list()) {
    any.error("expected a list");
  } else {
    for (const YamlCursor& one : any.items()) spec.match.push_back(scope.relation_expressions(one));
    if (spec.match.empty()) any.error("names no alternative");
  }
  for (const auto& alternative : spec.match) {
    if (alternative.size() != spec.key.size()) {
      return node.error(fmt::format("`key:` has {} parts, but one to match it has {}",
                                    spec.key.size(), alternative.size()));
    }
    for (std::size_t i = 0; i < alternative.size(); ++i) {
      if (alternative[i] == nullptr || spec.key[i] == nullptr) continue;
      refuse_list(match.defined() ? match : any, alternative[i]);
      if (alternative[i]->type != spec.key[i]->type) {
        node.error(fmt::format("part {} of the key is of another type than what should match it", i + 1));
      }
    }
  }
}

void build_lookup(const YamlCursor& node, ReportScope& scope) {
  if (!node.expect_map({"dataset", "key", "match", "match_any", "pick", "take", "found"})) return;
  LookupSpec spec;
  const YamlCursor dataset = node["dataset"], key = node["key"], take = node["take"];
  if (!dataset.defined()) return dataset.error("required: the dataset that is looked up");
  spec.dataset = dataset.text().value_or("");
  if (spec.dataset == scope.dataset.name) return dataset.error("a dataset cannot look itself up");
  const auto other = scope.find(spec.dataset);
  if (!other) {
    return dataset.error(fmt::format("no definition in these folders makes a dataset \"{}\"", spec.dataset));
  }
  if (!key.defined()) return key.error(fmt::format("required: the columns of {} that are looked up by", spec.dataset));
  for (const std::string& text : key.texts()) {
    spec.key.push_back(expression_over(key, text, other->columns));
    refuse_list(key, spec.key.back());
  }
  if (spec.key.empty()) key.error("names no column");
  build_alternatives(node, scope, spec);
  if (const YamlCursor pick = node["pick"]; pick.defined()) {
    for (const std::string& text : pick.texts()) {
      const OrderBy order = ReportScope::order_of(text);
      spec.pick.push_back({expression_over(pick, order.column, other->columns), order.descending});
      refuse_list(pick, spec.pick.back().value);
    }
  }
  if (!take.defined()) return take.error("required: { new_column: column of the other dataset }");
  if (!take.expect_map_of_names()) return;
  TakenColumns columns(scope);
  for (const auto& [name, at, value] : take.entries()) {
    auto expression = expression_over(value, value.text().value_or(""), other->columns);
    if (expression == nullptr) continue;
    columns.add(at, derived_column(name, *expression, true), reads_amount(*expression, other->columns));
    spec.take.push_back(std::move(expression));
  }
  columns.settle();
  const YamlCursor found = node["found"];
  add_derived(found.defined() ? found : node, scope,
              {found.defined() ? found.text().value_or("") : std::string("found"), ColumnType::kInteger,
               true});
  scope.report.derive = std::move(spec);
}

}  // namespace

void note_carried(ReportScope& scope) {
  ReportSpec& report = scope.report;
  if (!report.derive) return;
  std::set<std::size_t> carried;
  const auto note = [&](const ExpressionPtr& expression) {
    if (expression == nullptr) return;
    for_each_column(*expression, [&](std::size_t column) {
      if (column < scope.dataset.columns.size()) carried.insert(column);
    });
  };
  const auto note_aggregate = [&](const AggregateSpec& aggregate) {
    note(aggregate.value);
    note(aggregate.where);
    for (const auto& by : aggregate.by) note(by);
  };
  note(report.where);
  for (const FamilySpec& family : report.families) {
    for (const auto& key : family.keys) note(key);
    note(family.where);
    for (const AggregateSpec& aggregate : family.aggregates) note_aggregate(aggregate);
  }
  if (const auto* previous = std::get_if<PreviousSpec>(&*report.derive)) {
    note(previous->order);
    for (const auto& take : previous->take) note(take);
    carried.insert(scope.dataset.key.begin(), scope.dataset.key.end());
  } else if (const auto* trailing = std::get_if<TrailingSpec>(&*report.derive)) {
    note(trailing->time);
  } else if (const auto* pairs = std::get_if<PairsSpec>(&*report.derive)) {
    note(pairs->of);
  } else if (const auto* rollup = std::get_if<RollupSpec>(&*report.derive)) {
    for (const auto& per : rollup->per) note(per);
    for (const AggregateSpec& aggregate : rollup->aggregates) note_aggregate(aggregate);
  }
  report.carried.assign(carried.begin(), carried.end());
}

Error no_such_name(const std::string& name, const std::vector<std::string>& known) {
  const auto meant = probably_meant(name, known);
  return {fmt::format("there is no \"{}\"; {}", name,
                      meant ? fmt::format("did you mean \"{}\"?", *meant)
                            : fmt::format("known: {}", listed(known)))};
}

Result<ExpressionPtr> ReportScope::relation_name(const std::string& name) const {
  auto found = look_up(name);
  if (!found) return found;
  if (const auto column = column_not_carried(*this, **found)) {
    return fail(fmt::format("\"{}\" is a column of the records; {}", *column, rows_of(report)));
  }
  return found;
}

Result<ExpressionPtr> ReportScope::look_up(const std::string& name) const {
  std::vector<std::string> known;
  if (const auto found = computed.find(name); found != computed.end()) return found->second;
  const auto look = [&](const std::vector<ColumnSpec>& columns, std::size_t first) -> ExpressionPtr {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      known.push_back(columns[i].name);
      if (columns[i].name != name) continue;
      return column_expression(first + i, columns[i].type, columns[i].nullable, columns[i].is_list);
    }
    return nullptr;
  };
  if (auto found = look(dataset.columns, 0)) return found;
  if (auto found = look(report.derived, dataset.columns.size())) return found;
  for (const auto& [other, expression] : computed) known.push_back(other);
  return tl::unexpected<Error>(no_such_name(name, known));
}

ExpressionPtr ReportScope::relation_expression(const YamlCursor& at, const std::string& text) const {
  return typed_or_report(at, text, names_of([this](const std::string& n) { return relation_name(n); }));
}

std::vector<ExpressionPtr> ReportScope::relation_expressions(const YamlCursor& at) const {
  std::vector<ExpressionPtr> out;
  for (const std::string& text : at.texts()) {
    if (auto expression = relation_expression(at, text)) out.push_back(std::move(expression));
  }
  return out;
}

OrderBy ReportScope::order_of(const std::string& text) {
  const bool descending = text.starts_with("-");
  return {descending ? text.substr(1) : text, descending};
}

ExpressionPtr expression_over(const YamlCursor& at, const std::string& text,
                              const std::vector<ColumnSpec>& columns) {
  return typed_or_report(at, text, names_of([&](const std::string& name) -> Result<ExpressionPtr> {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      known.push_back(columns[i].name);
      if (columns[i].name != name) continue;
      return column_expression(i, columns[i].type, columns[i].nullable, columns[i].is_list);
    }
    return tl::unexpected<Error>(no_such_name(name, known));
  }));
}

void build_relation(const YamlCursor& node, ReportScope& scope) {
  const auto compute = [&](bool last) {
    const YamlCursor at = node["compute"];
    if (!at.defined() || !at.expect_map_of_names()) return;
    for (const auto& [name, key, value] : at.entries()) {
      if (scope.computed.contains(name)) continue;
      const std::string text = value.text().value_or("");
      const auto syntax = parse_syntax(text);
      const auto made = syntax ? typed(*syntax, names_of([&](const std::string& n) {
        return scope.relation_name(n);
      })) : tl::unexpected<Error>(syntax.error());
      if (!made) {
        // The first time it may need columns that the derivation has yet to bring.
        if (last) value.error(made.error().message);
        continue;
      }
      if (check_name(key, name) && scope.is_taken(name)) {
        key.error(fmt::format("there is a column \"{}\" already", name));
      }
      scope.computed[name] = *made;
    }
  };
  using Builder = void (*)(const YamlCursor&, ReportScope&);
  static const std::vector<std::pair<const char*, Builder>> builders = {
      {"explode", build_explode}, {"previous", build_previous}, {"trailing", build_trailing},
      {"pairs", build_pairs},     {"rollup", build_rollup},     {"lookup", build_lookup}};
  compute(false);
  bool one = false;
  for (const auto& [name, build] : builders) {
    const YamlCursor at = node[name];
    if (!at.defined()) continue;
    if (one) {
      at.error("a report has only one of explode, previous, trailing, pairs, rollup, lookup");
      continue;
    }
    one = true;
    build(at, scope);
  }
  compute(true);
  if (const YamlCursor at = node["where"]; at.defined()) {
    scope.report.where = scope.relation_expression(at, at.text().value_or(""));
    if (scope.report.where != nullptr && scope.report.where->type != ColumnType::kBoolean) {
      at.error("expected a condition");
    }
  }
}

}  // namespace sluice::definition
