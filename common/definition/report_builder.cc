#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"
#include "common/definition/report_scope.h"

namespace sluice::definition {
namespace {

// Of what `pairs` derives, the report's own groups are made of pairs; its totals have levels of their own.
void add_pairs_filter(const YamlCursor& where, ReportScope& scope) {
  if (where.defined()) {
    where.error("means nothing with `pairs:`, whose rows are all pairs of a basket; a measure may have a "
                "condition of its own, count(where item_a != \"bag\")");
  }
  auto pair = std::make_shared<Expression>();
  pair->text = "pair";
  pair->nullable = false;
  auto is_pair = std::make_shared<Expression>();
  is_pair->function = Function::kEqual;
  is_pair->type = ColumnType::kBoolean;
  is_pair->nullable = false;
  is_pair->arguments = {*scope.relation_name("level"), pair};
  scope.report.where = is_pair;
}

void add_group(ReportScope& scope, GroupSpec group, ExpressionPtr key) {
  scope.report.groups.push_back(std::move(group));
  scope.report.families.front().keys.push_back(std::move(key));
}

int scale_of(const ReportScope& scope, const Expression& expression) {
  if (expression.quotient) return kQuotientScale;
  const bool own = expression.function == Function::kColumn &&
                   expression.column < scope.dataset.columns.size();
  return own ? scope.dataset.columns[expression.column].min_scale : 0;
}

void build_groups(const YamlCursor& at, bool may_be_null, ReportScope& scope) {
  if (!at.defined()) return;
  for (const std::string& name : at.texts()) {
    auto key = scope.relation_name(name);
    if (!key) {
      at.error(key.error().message);
      continue;
    }
    refuse_list(at, *key);
    if ((*key)->nullable && !may_be_null) {
      at.error(fmt::format("\"{}\" may be empty; a group's fields need `required: true`, or "
                           "`compute:` something with coalesce", name));
    }
    if (std::ranges::find(scope.report.groups, name, &GroupSpec::name) != scope.report.groups.end()) {
      at.error(fmt::format("\"{}\" stands here twice", name));
      continue;
    }
    const ColumnType type = (*key)->type;
    const int scale = scale_of(scope, **key);
    add_group(scope, {name, type, scale}, *std::move(key));
  }
}

std::optional<WindowUnit> unit_of(const YamlCursor& at) {
  static const std::vector<std::pair<std::string, WindowUnit>> units = {
      {"hour", WindowUnit::kHour},   {"day", WindowUnit::kDay},         {"week", WindowUnit::kWeek},
      {"month", WindowUnit::kMonth}, {"quarter", WindowUnit::kQuarter}, {"year", WindowUnit::kYear}};
  const auto text = at.text();
  if (!text) return std::nullopt;
  for (const auto& [name, unit] : units) {
    if (name == *text) return unit;
  }
  at.error(fmt::format("unknown window \"{}\"; known: hour, day, week, month, quarter, year", *text));
  return std::nullopt;
}

void build_weekday(const YamlCursor& at, WindowSpec& window) {
  static const std::vector<std::string> days = {"monday", "tuesday",  "wednesday", "thursday",
                                                "friday", "saturday", "sunday"};
  const auto found = std::ranges::find(days, at.text().value_or(""));
  if (found == days.end()) return at.error("expected a day: " + listed(days));
  if (window.calendar.unit != WindowUnit::kWeek) return at.error("only a week has a first day");
  window.calendar.week_starts_on = static_cast<Weekday>(found - days.begin());
}

void check_label(const YamlCursor& at, const std::string& pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    const char kind = i + 1 < pattern.size() ? pattern[++i] : '\0';
    if (kind == '\0' || std::string("YmdHq%").find(kind) == std::string::npos) {
      return at.error(fmt::format("\"{}\": a window's label knows %Y %m %d %H %q", pattern));
    }
  }
}

void build_window(const YamlCursor& node, ReportScope& scope) {
  if (!node.defined()) return;
  const Dataset& dataset = scope.dataset;
  if (!node.expect_map({"tumbling", "name", "format", "time_zone", "week_starts_on"})) return;
  if (!dataset.event_time) node.error("a window needs the dataset's `event_time:`");
  WindowSpec window;
  const YamlCursor tumbling = node["tumbling"];
  if (!tumbling.defined()) return tumbling.error("required: hour, day, week, month, quarter or year");
  const auto unit = unit_of(tumbling);
  if (!unit) return;
  window.calendar.unit = *unit;
  if (*unit == WindowUnit::kHour && dataset.event_time &&
      dataset.columns[*dataset.event_time].type == ColumnType::kDate) {
    tumbling.error("the event time is a date, which has no hour");
  }
  window.name = tumbling.text().value_or("window");
  if (const YamlCursor at = node["name"]; at.defined()) {
    if (const auto name = at.text(); name && check_name(at, *name)) window.name = *name;
  }
  if (const YamlCursor at = node["format"]; at.defined()) {
    window.pattern = at.text().value_or("");
    check_label(at, window.pattern);
  }
  if (const YamlCursor at = node["time_zone"]; at.defined()) {
    auto zone = TimeZone::find(at.text().value_or(""));
    if (!zone) {
      at.error(zone.error().message);
    } else {
      window.calendar.zone = *zone;
    }
  }
  if (const YamlCursor at = node["week_starts_on"]; at.defined()) build_weekday(at, window);
  scope.report.window = window;
  if (!dataset.event_time) return;
  const ColumnSpec& column = dataset.columns[*dataset.event_time];
  auto time = column_expression(*dataset.event_time, column.type, column.nullable);
  if (column_not_carried(scope, *time)) {
    return node.error(fmt::format("a window needs the event time \"{}\"; {}", column.name,
                                  rows_of(scope.report)));
  }
  add_group(scope, {window.name, ColumnType::kString, 0},
            window_expression(std::move(time), {window.calendar, window.pattern}));
}

// The dataset's amount column that a measure is made of, if there is one; reports two.
std::optional<std::size_t> amount_of(const YamlCursor& node, const ReportScope& scope,
                                     const MeasureSpec& measure) {
  std::set<std::size_t> found;
  for (const AggregateSpec* aggregate : aggregates_of(scope.report, *measure.value)) {
    const bool counts = aggregate->kind == AggregateKind::kCount ||
                        aggregate->kind == AggregateKind::kDistinct;
    if (counts || aggregate->value == nullptr) continue;
    for_each_column(*aggregate->value, [&](std::size_t column) {
      const auto& columns = scope.dataset.columns;
      if (column < columns.size() && columns[column].is_amount) found.insert(column);
    });
  }
  if (found.size() > 1) {
    node["measures"].error(fmt::format("\"{}\" is made of two amounts of money, each with a currency of its own",
                                       measure.name));
  }
  return found.empty() ? std::nullopt : std::optional(*found.begin());
}

// Which group is the amount's currency; it becomes one if it is not: two currencies are never added.
std::size_t currency_group(const YamlCursor& node, ReportScope& scope, std::size_t amount) {
  const std::size_t currency = amount + 1;
  const auto& keys = scope.report.families.front().keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i]->function == Function::kColumn && keys[i]->column == currency) return i;
  }
  const ColumnSpec& column = scope.dataset.columns[currency];
  if (column.nullable) {
    node["measures"].error(fmt::format("\"{}\" may be empty, and then has no currency; its field needs "
                                       "`required: true` to be summed",
                                       scope.dataset.columns[amount].name));
  }
  add_group(scope, {column.name, column.type, 0},
            column_expression(currency, column.type, column.nullable));
  return keys.size() - 1;
}

ReportColumn group_column(const ReportSpec& report, std::size_t group) {
  const GroupSpec& spec = report.groups[group];
  ReportColumn column{spec.name, ReportColumnKind::kGroup, spec.type, group, true, spec.min_scale};
  column.in_key = !report.top;
  return column;
}

// The digits that a measure has at least.
int scale_of_measure(const ReportScope& scope, const MeasureSpec& measure) {
  if (measure.value->quotient) return kQuotientScale;
  int scale = 0;
  for (const AggregateSpec* aggregate : aggregates_of(scope.report, *measure.value)) {
    if (aggregate->value != nullptr) scale = std::max(scale, scale_of(scope, *aggregate->value));
  }
  return measure.value->type == ColumnType::kDecimal ? scale : 0;
}

// The row's columns: the rank, groups, measures; the currency of a sum right after its first sum.
void lay_out_columns(const YamlCursor& node, ReportScope& scope) {
  ReportSpec& report = scope.report;
  if (report.top) {
    const YamlCursor rank = node["top"]["rank"];
    const std::string name = rank.defined() ? rank.text().value_or("") : "rank";
    if (rank.defined()) check_name(rank, name);
    report.columns.push_back({name, ReportColumnKind::kRank, ColumnType::kInteger, 0, true});
  }
  for (std::size_t i = 0; i < report.groups.size(); ++i) {
    report.columns.push_back(group_column(report, i));
  }
  for (std::size_t m = 0; m < report.measures.size(); ++m) {
    const MeasureSpec& measure = report.measures[m];
    ReportColumn column{measure.name, ReportColumnKind::kMeasure, measure.value->type, m};
    column.min_scale = scale_of_measure(scope, measure);
    const auto amount = amount_of(node, scope, measure);
    report.columns.push_back(column);
    if (!amount) continue;
    const std::size_t here = report.columns.size() - 1;
    const std::size_t group = currency_group(node, scope, *amount);
    const auto there = std::ranges::find_if(report.columns, [&](const ReportColumn& c) {
      return c.kind == ReportColumnKind::kGroup && c.index == group;
    });
    const bool money = measure.value->type == ColumnType::kDecimal && !measure.value->quotient;
    if (money) {
      report.columns[here].currency_at = static_cast<std::size_t>(there - report.columns.begin());
    }
    if (there == report.columns.end()) report.columns.push_back(group_column(report, group));
  }
  std::set<std::string> names;
  for (const ReportColumn& column : report.columns) {
    if (!names.insert(column.name).second) {
      node.error(fmt::format("there are two columns \"{}\" in this report", column.name));
    }
  }
}

// `columns:`, the row's columns in another order, or fewer of a top's.
void pick_columns(const YamlCursor& at, ReportSpec& report) {
  if (!at.defined()) return;
  std::vector<ReportColumn> picked;
  std::vector<std::size_t> from;
  std::vector<std::string> known;
  for (const ReportColumn& column : report.columns) known.push_back(column.name);
  for (const std::string& name : at.texts()) {
    const auto found = std::ranges::find(report.columns, name, &ReportColumn::name);
    if (found == report.columns.end()) {
      at.error(no_such_name(name, known).message);
      continue;
    }
    const auto at_column = static_cast<std::size_t>(found - report.columns.begin());
    if (std::ranges::find(from, at_column) != from.end()) {
      at.error(fmt::format("\"{}\" stands here twice", name));
    }
    from.push_back(at_column);
    picked.push_back(*found);
  }
  for (ReportColumn& column : picked) {
    if (!column.currency_at) continue;
    const auto currency = std::ranges::find(from, *column.currency_at);
    column.currency_at = static_cast<std::size_t>(currency - from.begin());
    if (currency == from.end()) {
      at.error(fmt::format("\"{}\" needs its currency \"{}\" beside it", column.name,
                           report.columns[*column.currency_at].name));
    }
  }
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    if (report.columns[i].in_key && std::ranges::find(from, i) == from.end()) {
      at.error(fmt::format("\"{}\" belongs to the row's key and cannot be left out", report.columns[i].name));
    }
  }
  report.columns = std::move(picked);
}

}  // namespace

ReportSpec build_report(const YamlCursor& node, const std::string& name, const Dataset& dataset,
                        const FindDataset& find) {
  ReportSpec report;
  report.name = name;
  if (!node.expect_map({"explode", "previous", "trailing", "pairs", "rollup", "lookup", "compute", "where",
                        "group_by", "window", "measures", "top", "columns", "sinks"})) {
    return report;
  }
  ReportScope scope(report, dataset, find);
  report.families.resize(1);
  report.references.resize(1);
  build_relation(node, scope);
  if (report.derive && std::holds_alternative<PairsSpec>(*report.derive)) {
    add_pairs_filter(node["where"], scope);
  }
  report.families.front().where = report.where;
  build_groups(node["group_by"], node["top"].defined(), scope);
  build_window(node["window"], scope);
  build_measures(node, scope);
  if (!node["measures"].defined() && !report.top) {
    node["measures"].error("required: what is measured, { rows: count, total: sum(column) }");
  } else if (report.measures.empty() && node["measures"].defined()) {
    node["measures"].error("measures nothing");
  }
  lay_out_columns(node, scope);
  settle_context(report);
  note_carried(scope);
  pick_columns(node["columns"], report);
  const bool keyed = std::ranges::any_of(report.columns, &ReportColumn::in_key);
  if (!keyed) node.error("needs `group_by:` or a `window:`; a report's rows have a key");
  build_sinks(node["sinks"], report);
  return report;
}

}  // namespace sluice::definition
