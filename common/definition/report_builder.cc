#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"

namespace sluice::definition {
namespace {

// "sum(amount)" -> {"sum", "amount"}; "count" -> {"count", ""}.
std::pair<std::string, std::string> call_of(const std::string& text) {
  const std::size_t open = text.find('(');
  if (open == std::string::npos || text.back() != ')') return {text, ""};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

void build_groups(const YamlCursor& at, ReportSpec& report, const Dataset& dataset) {
  if (!at.defined()) return;
  for (const std::string& name : at.texts()) {
    const auto column = find_column(at, dataset, name);
    if (!column) continue;
    if (dataset.columns[*column].nullable) {
      at.error(fmt::format("\"{}\" may be empty; a group's fields need `required: true`", name));
    }
    if (std::ranges::find(report.group_by, *column) != report.group_by.end()) {
      at.error(fmt::format("\"{}\" stands here twice", name));
      continue;
    }
    report.group_by.push_back(*column);
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

void build_window(const YamlCursor& node, ReportSpec& report, const Dataset& dataset) {
  if (!node.defined()) return;
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
  report.window = window;
}

void build_measures(const YamlCursor& node, ReportSpec& report, const Dataset& dataset) {
  if (!node.defined()) return node.error("required: what is measured, { rows: count, total: sum(column) }");
  if (!node.expect_map_of_names()) return;
  for (const auto& [name, key, value] : node.entries()) {
    check_name(key, name);
    const auto text = value.text();
    if (!text || text->empty()) continue;
    const auto [function, argument] = call_of(*text);
    MeasureSpec measure;
    measure.name = name;
    if (function == "count" && argument.empty()) {
      measure.kind = MeasureKind::kCount;
    } else if (function == "sum" && !argument.empty()) {
      measure.kind = MeasureKind::kSum;
      const auto column = find_column(value, dataset, argument);
      if (!column) continue;
      measure.column = *column;
      const ColumnType type = dataset.columns[*column].type;
      if (type != ColumnType::kInteger && type != ColumnType::kDecimal) {
        value.error(fmt::format("\"{}\" is not a number and cannot be summed", argument));
      }
    } else {
      value.error(fmt::format("unknown measure \"{}\"; known: count, sum(column)", *text));
      continue;
    }
    report.measures.push_back(std::move(measure));
  }
  if (report.measures.empty()) node.error("measures nothing");
}

// The row's columns: groups, window, measures; each summed currency once, right after its first sum.
void lay_out_columns(const YamlCursor& node, ReportSpec& report, const Dataset& dataset) {
  const auto group_column = [&](std::size_t index) {
    const ColumnSpec& c = dataset.columns[index];
    return ReportColumn{c.name, ReportColumnKind::kGroup, c.type, index, true, c.min_scale, std::nullopt};
  };
  for (std::size_t index : report.group_by) report.columns.push_back(group_column(index));
  if (report.window) {
    report.columns.push_back(
        {report.window->name, ReportColumnKind::kWindow, ColumnType::kString, 0, true, 0, std::nullopt});
  }
  for (std::size_t m = 0; m < report.measures.size(); ++m) {
    const MeasureSpec& measure = report.measures[m];
    ReportColumn column{measure.name, ReportColumnKind::kMeasure, ColumnType::kInteger, m, false, 0, std::nullopt};
    if (measure.kind == MeasureKind::kSum) {
      const ColumnSpec& source = dataset.columns[measure.column];
      column.type = ColumnType::kDecimal;  // many integers may sum to more than 64 bits hold
      column.min_scale = source.min_scale;
    }
    report.columns.push_back(column);
    if (measure.kind != MeasureKind::kSum || !dataset.columns[measure.column].is_amount) continue;
    const std::size_t currency = measure.column + 1;
    const auto there = std::ranges::find_if(report.columns, [&](const ReportColumn& c) {
      return c.kind == ReportColumnKind::kGroup && c.index == currency;
    });
    const std::size_t amount_at = report.columns.size() - 1;
    report.columns[amount_at].currency_at = static_cast<std::size_t>(there - report.columns.begin());
    if (there != report.columns.end()) continue;
    // Two currencies are never added: the currency belongs to the key.
    if (dataset.columns[currency].nullable) {
      node["measures"].error(fmt::format("\"{}\" may be empty, and then has no currency; its field needs "
                                         "`required: true` to be summed",
                                         dataset.columns[measure.column].name));
    }
    report.group_by.push_back(currency);
    report.columns.push_back(group_column(currency));
  }
  std::set<std::string> names;
  for (const ReportColumn& column : report.columns) {
    if (!names.insert(column.name).second) {
      node.error(fmt::format("there are two columns \"{}\" in this report", column.name));
    }
  }
}

bool stays_below(const std::string& path) {
  return !path.empty() && path.front() != '/' && path.back() != '/' && path != "." &&
         path.find("..") == std::string::npos &&
         path.find('\0') == std::string::npos;
}

void build_csv_sink(const YamlCursor& node, ReportSpec& report) {
  if (!node.expect_map({"path", "order", "delimiter"})) return;
  CsvSink sink;
  sink.path = report.name + ".csv";
  if (const YamlCursor at = node["path"]; at.defined()) {
    sink.path = at.text().value_or("");
    if (!stays_below(sink.path)) at.error("expected a path below data/out, without \"..\"");
  }
  if (const YamlCursor at = node["delimiter"]; at.defined()) {
    const std::string text = at.text().value_or("");
    if (text.size() != 1) at.error("expected one character");
    if (!text.empty()) sink.delimiter = text[0];
  }
  if (const YamlCursor at = node["order"]; at.defined()) {
    for (std::string name : at.texts()) {
      OrderBy order;
      order.descending = name.starts_with("-");
      order.column = order.descending ? name.substr(1) : name;
      if (std::ranges::find(report.columns, order.column, &ReportColumn::name) == report.columns.end()) {
        at.error(fmt::format("the report has no column \"{}\"", order.column));
      }
      sink.order.push_back(std::move(order));
    }
  }
  report.csv = std::move(sink);
}

void build_sinks(const YamlCursor& node, ReportSpec& report) {
  if (!node.defined()) return;
  if (!node.expect_map({"postgres", "csv"})) return;
  if (const YamlCursor at = node["postgres"]; at.defined()) at.expect_map({});
  // The table always stands: the API reads it. `postgres: {}` says that others do, too.
  const YamlCursor csv = node["csv"];
  if (csv.defined()) build_csv_sink(csv, report);
}

}  // namespace

ReportSpec build_report(const YamlCursor& node, const std::string& name, Dataset& dataset) {
  ReportSpec report;
  report.name = name;
  if (!node.expect_map({"group_by", "window", "measures", "sinks"})) return report;
  build_groups(node["group_by"], report, dataset);
  build_window(node["window"], report, dataset);
  build_measures(node["measures"], report, dataset);
  lay_out_columns(node, report, dataset);
  const bool keyed = std::ranges::any_of(report.columns, &ReportColumn::in_key);
  if (!keyed) node.error("needs `group_by:` or a `window:`; a report's rows have a key");
  build_sinks(node["sinks"], report);
  return report;
}

}  // namespace sluice::definition
