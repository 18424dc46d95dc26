// Where a report's rows go: `sinks:`.
#include <algorithm>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"

namespace sluice::definition {
namespace {

constexpr std::int64_t kLeastEvery = 10, kMostEvery = std::int64_t{7} * 86'400;

bool stays_below(const std::string& path) {
  return !path.empty() && path.front() != '/' && path.back() != '/' && path != "." &&
         path.find("..") == std::string::npos &&
         path.find('\0') == std::string::npos;
}

// What COPY takes for a delimiter and a quote.
void build_character(const YamlCursor& at, char& character) {
  if (!at.defined()) return;
  const std::string text = at.text().value_or("");
  if (text.size() != 1 || text[0] == '\n' || text[0] == '\r' || text[0] == '\0' ||
      static_cast<unsigned char>(text[0]) > 127) {
    return at.error("expected one character");
  }
  character = text[0];
}

// `order`, `delimiter`, `quote` and `header`.
void build_dialect(const YamlCursor& node, const ReportSpec& report, CsvSink& sink) {
  build_character(node["delimiter"], sink.delimiter);
  build_character(node["quote"], sink.quote);
  if (sink.delimiter == sink.quote) node.error("the delimiter and the quote are the same character");
  if (const YamlCursor at = node["header"]; at.defined()) sink.header = at.boolean().value_or(true);
  const YamlCursor at = node["order"];
  if (!at.defined()) return;
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

void build_csv_sink(const YamlCursor& node, ReportSpec& report) {
  if (!node.expect_map({"path", "order", "delimiter", "quote", "header"})) return;
  CsvSink sink;
  sink.path = report.name + ".csv";
  if (const YamlCursor at = node["path"]; at.defined()) {
    sink.path = at.text().value_or("");
    if (!stays_below(sink.path)) at.error("expected a path below data/out, without \"..\"");
  }
  build_dialect(node, report, sink);
  report.csv = std::move(sink);
}

void build_current(const YamlCursor& node, const ReportSpec& report, ExportSpec& made) {
  if (!node.expect_map({"file", "order", "delimiter", "quote", "header"})) return;
  CsvSink sink;
  sink.path = report.name + ".csv";
  if (const YamlCursor at = node["file"]; at.defined()) {
    sink.path = at.text().value_or("");
    if (sink.path.empty() || sink.path.front() == '.' ||
        sink.path.find_first_of(std::string("/\0", 2)) != std::string::npos) {
      at.error("expected a file's name, without '/' and not beginning with '.'");
    }
  }
  build_dialect(node, report, sink);
  made.current = std::move(sink);
}

void build_bucket(const YamlCursor& node, ExportSpec& made) {
  if (!node.expect_map({"bucket", "prefix"})) return;
  made.to_s3 = true;
  if (const YamlCursor at = node["bucket"]; at.defined()) {
    made.bucket = at.text().value_or("");
    if (made.bucket.empty() || made.bucket.find('/') != std::string::npos) {
      at.error("expected a bucket's name, without s3:// and without a path");
    }
  }
  const YamlCursor prefix = node["prefix"];
  if (!prefix.defined()) return prefix.error("required: how the objects' keys begin, \"data/metrics/\"");
  made.place = prefix.text().value_or("");
  if (made.place.empty() || made.place.front() == '/' || made.place.find("//") != std::string::npos) {
    prefix.error("expected how the objects' keys begin, such as \"data/metrics/\"");
  }
  if (!made.place.ends_with('/')) made.place += '/';
}

void build_export(const YamlCursor& node, ReportSpec& report) {
  if (!node.expect_map({"folder", "s3", "current", "hist", "every"})) return;
  ExportSpec made;
  const YamlCursor folder = node["folder"], s3 = node["s3"];
  if (folder.defined() == s3.defined()) {
    node.error("expected one of `folder: metrics` (below data/out) and `s3: { prefix: data/metrics/ }`");
  } else if (folder.defined()) {
    made.place = folder.text().value_or("");
    if (!stays_below(made.place)) folder.error("expected a path below data/out, without \"..\"");
  } else {
    build_bucket(s3, made);
  }
  if (const YamlCursor at = node["current"]; at.exists()) build_current(at, report, made);
  if (const YamlCursor at = node["hist"]; at.defined()) made.hist = at.boolean().value_or(true);
  if (!made.current && !made.hist) {
    node.error("writes nothing: give it `current: { delimiter: \"|\" }`, `hist: true`, or both");
  }
  if (const YamlCursor at = node["every"]; at.defined()) {
    made.every_seconds = duration_seconds(at).value_or(kLeastEvery);
    if (made.every_seconds < kLeastEvery || made.every_seconds > kMostEvery) {
      at.error("expected 10s to 7d");
    }
  }
  report.exported = std::move(made);
}

}  // namespace

void build_sinks(const YamlCursor& node, ReportSpec& report) {
  if (!node.defined()) return;
  if (!node.expect_map({"postgres", "csv", "export"})) return;
  if (const YamlCursor at = node["postgres"]; at.defined()) at.expect_map({});
  // The table always stands: the API reads it. `postgres: {}` says that others do, too.
  if (const YamlCursor csv = node["csv"]; csv.defined()) build_csv_sink(csv, report);
  if (const YamlCursor at = node["export"]; at.defined()) build_export(at, report);
}

}  // namespace sluice::definition
