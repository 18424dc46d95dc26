#include "common/definition/dataset_builder.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>
#include <fnmatch.h>
#include <xxhash.h>

namespace sluice {

bool can_rebuild(const Dataset& old, const Dataset& changed) {
  return old.record_shape == changed.record_shape && !is_linked(old) && !is_linked(changed);
}

bool has_entities(const Dataset& dataset) {
  return std::ranges::any_of(dataset.reports, [](const ReportSpec& r) { return r.derive.has_value(); });
}

bool takes_file(const Dataset& dataset, std::string_view file_name) {
  const auto takes = [&](const std::string& name) {
    return std::ranges::any_of(dataset.files, [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
    });
  };
  if (takes(std::string(file_name))) return true;
  for (const std::string_view packed : {".gz", ".zst", ".xz", ".bz2"}) {
    if (file_name.ends_with(packed)) {
      return takes(std::string(file_name.substr(0, file_name.size() - packed.size())));
    }
  }
  return false;
}

}  // namespace sluice

namespace sluice::definition {
namespace {

ColumnSpec column_of(const FieldSpec& field) {
  ColumnSpec column;
  column.name = field.name;
  column.nullable = !field.required;
  column.min_scale = field.min_scale;
  switch (field.type) {
    case FieldType::kString: column.type = ColumnType::kString; break;
    case FieldType::kInteger: column.type = ColumnType::kInteger; break;
    case FieldType::kDecimal: column.type = ColumnType::kDecimal; break;
    case FieldType::kMoney:
      column.type = ColumnType::kDecimal;
      column.is_amount = true;
      break;
    case FieldType::kDate: column.type = ColumnType::kDate; break;
    case FieldType::kTimestamp: column.type = ColumnType::kTimestamp; break;
    case FieldType::kBoolean: column.type = ColumnType::kBoolean; break;
    case FieldType::kList:
      column.type = ColumnType::kString;
      column.is_list = true;
      break;
  }
  return column;
}

// `from: path.NAME` of a source with such a path field.
void take_from_path(const YamlCursor& at, const Dataset& dataset, FieldSpec& field) {
  constexpr std::string_view kPrefix = "path.";
  if (dataset.path_fields.empty() || !field.source.starts_with(kPrefix)) return;
  const auto found = std::ranges::find(dataset.path_fields, field.source.substr(kPrefix.size()));
  if (found == dataset.path_fields.end()) {
    return at["from"].error(fmt::format("the source's path_fields have no {{{}}}; they have: {}",
                                        field.source.substr(kPrefix.size()), listed(dataset.path_fields)));
  }
  field.path_field = static_cast<std::size_t>(found - dataset.path_fields.begin());
}

void build_fields(const YamlCursor& fields, Dataset& dataset) {
  if (!fields.defined()) return fields.error("required: the file's columns");
  if (!fields.expect_map_of_names()) return;
  std::set<std::string> columns, sources;
  const auto add_column = [&](const YamlCursor& at, ColumnSpec column) {
    if (!columns.insert(column.name).second) {
      at.error(fmt::format("there are two columns \"{}\"; `currency:` of a money field names its second one",
                           column.name));
    }
    dataset.columns.push_back(std::move(column));
  };
  for (const auto& [name, key, value] : fields.entries()) {
    check_name(key, name);
    FieldSpec field = build_field(value, name);
    field.first_column = dataset.columns.size();
    add_column(key, column_of(field));
    if (field.type == FieldType::kMoney) {
      ColumnSpec currency;
      currency.name = field.currency_column;
      currency.nullable = !field.required;
      add_column(key, std::move(currency));
    }
    take_from_path(value, dataset, field);
    if (!sources.insert(field.source).second) {
      value.error(fmt::format("two fields are made from the file's column \"{}\"", field.source));
    }
    dataset.fields.push_back(std::move(field));
  }
}

bool is_required(const Dataset& dataset, std::size_t column) { return !dataset.columns[column].nullable; }

void build_key(const YamlCursor& key, Dataset& dataset) {
  if (!key.defined()) return key.error("required: the column or columns that tell one record from another");
  for (const std::string& name : key.texts()) {
    const auto column = find_column(key, dataset, name);
    if (!column) continue;
    if (dataset.columns[*column].is_list) key.error(fmt::format("\"{}\" is a list, which is no key", name));
    if (!is_required(dataset, *column)) {
      key.error(fmt::format("\"{}\" may be empty; a key's fields need `required: true`", name));
    }
    if (std::ranges::find(dataset.key, *column) != dataset.key.end()) {
      key.error(fmt::format("\"{}\" stands here twice", name));
    }
    dataset.key.push_back(*column);
  }
  if (dataset.key.empty()) key.error("names no column");
}

void build_times(const YamlCursor& root, Dataset& dataset) {
  if (const YamlCursor at = root["event_time"]; at.defined()) {
    if (const auto name = at.text()) {
      dataset.event_time = find_column(at, dataset, *name);
      if (dataset.event_time) {
        const ColumnType type = dataset.columns[*dataset.event_time].type;
        if (type != ColumnType::kDate && type != ColumnType::kTimestamp) {
          at.error(fmt::format("\"{}\" is neither a date nor a timestamp", *name));
        } else if (!is_required(dataset, *dataset.event_time)) {
          at.error(fmt::format("\"{}\" may be empty; the event time needs `required: true`", *name));
        }
      }
    }
  }
  if (const YamlCursor at = root["version"]; at.defined()) {
    if (const auto name = at.text()) {
      dataset.version = find_column(at, dataset, *name);
      if (dataset.version) {
        const ColumnType type = dataset.columns[*dataset.version].type;
        if (type != ColumnType::kInteger && type != ColumnType::kDate && type != ColumnType::kTimestamp) {
          at.error(fmt::format("\"{}\" is no integer, date or timestamp; the greatest version wins", *name));
        } else if (!is_required(dataset, *dataset.version)) {
          at.error(fmt::format("\"{}\" may be empty; the version needs `required: true`", *name));
        }
      }
    }
  }
  if (const YamlCursor at = root["allowed_lateness"]; at.defined()) {
    dataset.allowed_lateness_seconds = duration_seconds(at).value_or(0);
    if (!dataset.event_time) at.error("nothing is late without the dataset's `event_time:`");
  }
  if (const YamlCursor at = root["idle"]; at.defined()) {
    dataset.idle_seconds = duration_seconds(at).value_or(0);
    if (!dataset.event_time) at.error("nothing is complete without the dataset's `event_time:`");
  }
  if (const YamlCursor at = root["late"]; at.defined()) {
    if (const auto what = at.text()) {
      dataset.rejects_late = *what == "reject";
      if (!dataset.rejects_late && *what != "amend") at.error(fmt::format("late rows are `amend` or `reject`, not \"{}\"", *what));
      if (!dataset.event_time) at.error("nothing is late without the dataset's `event_time:`");
    }
  }
}

// Fields whose numbers are added are held to widths that cannot overflow a sum.
void note_summed(const ReportSpec& report, Dataset& dataset) {
  for (const FamilySpec& family : report.families) {
    for (const AggregateSpec& aggregate : family.aggregates) {
      if (aggregate.kind != AggregateKind::kSum) continue;
      for_each_column(*aggregate.value, [&](std::size_t column) {
        for (FieldSpec& field : dataset.fields) {
          if (field.first_column == column) field.summed = true;
        }
      });
    }
  }
}

void build_reports(const YamlCursor& reports, const FindDataset& find, Dataset& dataset) {
  if (!reports.defined() || !reports.expect_map_of_names()) return;
  for (const auto& [name, key, value] : reports.entries()) {
    check_name(key, name);
    if (name == dataset.name) key.error("a report needs another name than its dataset: both name tables and topics");
    dataset.reports.push_back(build_report(value, name, dataset, find));
  }
  std::set<std::string> paths;
  for (const ReportSpec& report : dataset.reports) {
    if (report.csv && !paths.insert(report.csv->path).second) {
      reports.error(fmt::format("two reports write the file \"{}\"", report.csv->path));
    }
    if (report.exported && !paths.insert(place_of(*report.exported)).second) {
      reports.error(fmt::format("two reports are exported to \"{}\"", place_of(*report.exported)));
    }
    note_summed(report, dataset);
  }
}

std::string canonical_columns(const Dataset& d) {
  std::string out;
  for (const ColumnSpec& c : d.columns) {
    out += fmt::format("column {} {} {} {}|", c.name, static_cast<int>(c.type), c.min_scale, c.is_amount);
  }
  for (std::size_t k : d.key) out += fmt::format("key {}|", k);
  if (d.event_time) out += fmt::format("time {}|", *d.event_time);
  if (d.version) out += fmt::format("version {}|", *d.version);
  return out;
}

// Everything that decides what state holds and what results are, as a canonical text. Sinks, file patterns
// and the CSV dialect are not in it: changing them needs no rebuild.
std::string canonical_text(const Dataset& d) {
  std::string out = fmt::format("v2|{}|partitions {}|lateness {}|", d.name, d.partitions, d.allowed_lateness_seconds);
  out += canonical_columns(d);
  for (const ReportSpec& r : d.reports) out += canonical_text(r);
  return out;
}

}  // namespace

std::string fingerprint_of(const Dataset& dataset) {
  return hash_of(canonical_text(dataset));
}

std::string hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

bool check_name(const YamlCursor& at, const std::string& name) {
  const bool good = !name.empty() && name.size() <= 50 && name[0] >= 'a' && name[0] <= 'z' &&
                    std::ranges::all_of(name, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                    });
  if (!good) {
    at.error(fmt::format("\"{}\" is no name: small letters, digits and '_', a letter first, at most 50", name));
  }
  return good;
}

std::optional<std::size_t> find_column(const YamlCursor& at, const Dataset& dataset, const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < dataset.columns.size(); ++i) {
    if (dataset.columns[i].name == name) return i;
    names.push_back(dataset.columns[i].name);
  }
  const auto meant = probably_meant(name, names);
  at.error(fmt::format("there is no column \"{}\"; {}", name,
                       meant ? fmt::format("did you mean \"{}\"?", *meant)
                             : fmt::format("columns: {}", listed(names))));
  return std::nullopt;
}

std::optional<std::int64_t> duration_seconds(const YamlCursor& at) {
  const auto text = at.text();
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (code == std::errc{} && end == text->data() + text->size() - 1 && value >= 0 && value <= 100'000) {
    switch (*end) {
      case 'd': return value * 86'400;
      case 'h': return value * 3'600;
      case 'm': return value * 60;
      case 's': return value;
      default: break;
    }
  }
  at.error("expected a duration such as 3d, 12h, 90m or 30s");
  return std::nullopt;
}

ErrorBudget build_errors(const YamlCursor& at) {
  ErrorBudget out;
  if (!at.expect_map({"max_rows", "max_share"})) return out;
  if (const YamlCursor rows = at["max_rows"]; rows.defined()) {
    if (const auto most = rows.integer(0, 1'000'000'000'000)) out.max_rows = static_cast<std::uint64_t>(*most);
  }
  if (const YamlCursor share = at["max_share"]; share.defined()) {
    const auto text = share.text();
    if (text) out.max_share = parse_decimal(*text);
    const bool good = out.max_share && compare(*out.max_share, Decimal{0, 0}) >= 0 &&
                      compare(*out.max_share, Decimal{1, 0}) <= 0 && width(*out.max_share).fraction_digits <= 9;
    if (text && !good) share.error("expected a share of the file's rows, 0 to 1 with at most nine digits: 0.05");
  }
  if (!at["max_rows"].defined() && !at["max_share"].defined()) at.error("required: max_rows, max_share or both");
  return out;
}

Dataset build_records(const YamlCursor& root) {
  Dataset dataset;
  if (!root.expect_map({"dataset", "source", "format", "csv", "key", "event_time", "version", "allowed_lateness", "idle", "late",
                        "partitions", "fields", "records", "errors", "reports"})) {
    return dataset;
  }
  if (const YamlCursor at = root["dataset"]; !at.defined()) {
    at.error("required: the dataset's name");
  } else if (const auto name = at.text(); name && check_name(at, *name)) {
    dataset.name = *name;
  }
  build_source(root["source"], dataset);
  build_format(root, dataset);
  build_fields(root["fields"], dataset);
  if (dataset.columns.empty()) return dataset;
  build_key(root["key"], dataset);
  build_times(root, dataset);
  if (const YamlCursor at = root["partitions"]; at.defined()) {
    dataset.partitions = static_cast<std::int32_t>(at.integer(1, 256).value_or(2));
  }
  if (const YamlCursor at = root["records"]; at.defined() && at.expect_map({"postgres"})) {
    const YamlCursor postgres = at["postgres"];
    if (!postgres.exists()) postgres.error("required: { postgres: {} }, the records as a table");
    if (postgres.defined()) postgres.expect_map({});
    dataset.to_postgres = true;
  }
  if (const YamlCursor at = root["errors"]; at.defined()) dataset.errors = build_errors(at);
  dataset.fingerprint = fingerprint_of(dataset);
  dataset.record_shape = fmt::format("partitions {}|", dataset.partitions) + canonical_columns(dataset);
  // A column that may be null once is not one that never is.
  for (const ColumnSpec& column : dataset.columns) dataset.record_shape += column.nullable ? '0' : '1';
  return dataset;
}

Dataset build_dataset(const YamlCursor& root, const FindDataset& find) {
  Dataset dataset = build_records(root);
  if (dataset.columns.empty()) return dataset;
  build_reports(root["reports"], find, dataset);
  dataset.fingerprint = fingerprint_of(dataset);
  return dataset;
}

}  // namespace sluice::definition
