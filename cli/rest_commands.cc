#include "cli/rest_commands.h"

#include <fmt/format.h>

#include "cli/definitions_command.h"
#include "cli/rest.h"
#include "cli/table.h"
#include "common/definition/definition_parser.h"

namespace sluice::cli {
namespace {

// Numbers keep the digits the api printed: a double would not.
struct Row {
  std::vector<std::string> names;
  std::vector<std::string> cells;
  std::vector<bool> numbers;
};

// Walks {"report":…,"rows":[{…}]} and keeps every number as its own text.
class RowsReader : public nlohmann::json_sax<Json> {
 public:
  std::vector<Row> rows;
  std::string next;

  bool null() override { return value("", false); }
  bool boolean(bool v) override { return value(v ? "true" : "false", false); }
  bool number_integer(number_integer_t v) override { return value(std::to_string(v), true); }
  bool number_unsigned(number_unsigned_t v) override { return value(std::to_string(v), true); }
  bool number_float(number_float_t, const string_t& text) override { return value(text, true); }
  bool string(string_t& v) override {
    if (depth_ == 1 && key_ == "next") next = v;
    return value(v, false);
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (++depth_ == 3 && in_rows_) rows.emplace_back();
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && key_ == "rows") in_rows_ = true;
    ++depth_;
    return true;
  }
  bool end_array() override {
    if (--depth_ == 1) in_rows_ = false;
    return true;
  }
  bool key(string_t& v) override {
    key_ = v;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  bool value(std::string text, bool number) {
    if (depth_ == 3 && in_rows_) {
      rows.back().names.push_back(key_);
      rows.back().cells.push_back(std::move(text));
      rows.back().numbers.push_back(number);
    }
    return true;
  }
  int depth_ = 0;
  bool in_rows_ = false;
  std::string key_;
};

int list_reports(const Api& api, bool json) {
  const auto body = fetch(api, "/v1/reports", "application/json");
  if (!body) return 1;
  if (json) return print(*body + "\n"), 0;
  print(reports_table(Json::parse(*body)));
  return 0;
}

std::string describe_file(const Json& f) {
  std::string out;
  for (const auto& [name, value] : f.items()) out += fmt::format("{:<14} {}\n", name, cell(value));
  return out;
}

}  // namespace

int files(const Api& api, const FilesOptions& options) {
  std::string target = "/v1/files";
  if (!options.id.empty()) {
    target += "/" + encoded(options.id);
  } else {
    add_parameter(target, "state", options.state);
    add_parameter(target, "dataset", options.dataset);
    add_parameter(target, "limit", std::to_string(options.limit));
  }
  const auto body = fetch(api, target, "application/json");
  if (!body) return 1;
  if (options.json) return print(*body + "\n"), 0;
  const Json answer = Json::parse(*body);
  if (!options.id.empty()) return print(describe_file(answer)), 0;
  std::vector<std::vector<std::string>> rows;
  for (const auto& f : answer.at("files")) {
    rows.push_back({cell(f.at("id")), cell(f.at("name")), cell(f.at("state")), cell(f.at("rows")),
                    cell(f.at("records")), cell(f.at("corrections")), cell(f.at("duplicates")),
                    cell(f.at("dead_letters")), cell(f.at("error"))});
  }
  if (rows.empty()) {
    if (!is_dataset(options.dataset, options.folders)) return 1;
    return print("no files\n"), 0;
  }
  print(render_table({{"id"}, {"name"}, {"state"}, {"rows", true}, {"records", true}, {"corrections", true},
                      {"duplicates", true}, {"dead letters", true}, {"error"}},
                     rows, 60));
  if (!answer.at("next").is_null()) print(more_hint(options.limit));
  return 0;
}

int report(const Api& api, const ReportOptions& options) {
  if (options.name.empty()) return list_reports(api, options.json);
  std::string target = "/v1/reports/" + encoded(options.name);
  for (const std::string& filter : options.filters) {
    const std::size_t equals = filter.find('=');
    if (equals == std::string::npos) {
      complain(fmt::format("\"{}\" is not a filter; write column=value or column[gte]=value", filter));
      return 1;
    }
    target += target.find('?') == std::string::npos ? '?' : '&';
    target += encoded(filter.substr(0, equals)) + "=" + encoded(filter.substr(equals + 1));
  }
  add_parameter(target, "order", options.order);
  if (options.csv) return print_csv(api, target, options.limit);
  const int limit = options.limit.value_or(kShownRows);
  add_parameter(target, "limit", std::to_string(limit));
  const auto body = fetch(api, target, "application/json");
  if (!body) return 1;
  if (options.json) return print(*body + "\n"), 0;

  RowsReader reader;
  if (!Json::sax_parse(*body, &reader)) {
    complain("the api's answer is not JSON");
    return 1;
  }
  if (reader.rows.empty()) {
    fmt::print("{} has no rows{}\n", options.name, options.filters.empty() ? " yet" : " that match");
    return 0;
  }
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < reader.rows.front().names.size(); ++i) {
    columns.push_back({reader.rows.front().names[i], reader.rows.front().numbers[i]});
  }
  std::vector<std::vector<std::string>> rows;
  for (const Row& row : reader.rows) rows.push_back(row.cells);
  print(render_table(columns, rows));
  if (!reader.next.empty()) print(more_hint(limit));
  return 0;
}

}  // namespace sluice::cli
