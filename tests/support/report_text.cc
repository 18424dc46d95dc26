#include "tests/support/report_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace sluice::testing {
namespace {

using Row = std::vector<std::string>;

std::vector<Row> parsed_csv(const std::string& text) {
  std::vector<Row> rows;
  Row row(1);
  bool inside = false;
  char before = 0;
  for (const char c : text) {
    const bool doubled = c == '"' && before == '"';
    before = c;
    if (c == '"') {
      // Of a doubled quote, which is one of the text, the second opens again what the first has closed.
      if (!inside && doubled) row.back() += '"';
      inside = !inside;
    } else if (inside || (c != ',' && c != '\r' && c != '\n')) {
      row.back() += c;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      rows.push_back(std::exchange(row, Row(1)));
    }
  }
  return rows;
}

std::int64_t cents_of(const std::string& amount) {
  const std::size_t point = std::min(amount.find('.'), amount.size());
  std::string digits = amount.substr(0, point) + amount.substr(std::min(point + 1, amount.size()));
  digits.append(2 - (amount.size() - std::min(point + 1, amount.size())), '0');
  return std::stoll(digits);
}

// A reader of JSON that keeps what the text of an amount was: through a double it would not be exact.
struct Rows : nlohmann::json_sax<nlohmann::json> {
  bool start_object(std::size_t) override {
    value.clear();
    return true;
  }
  bool key(std::string& name) override {
    current = name;
    return true;
  }
  bool string(std::string& text) override { return take(text); }
  bool number_integer(std::int64_t number) override { return take(std::to_string(number)); }
  bool number_unsigned(std::uint64_t number) override { return take(std::to_string(number)); }
  bool number_float(double, const std::string& digits) override { return take(digits); }
  bool end_object() override {
    if (value.contains("restaurant_id")) {
      report[{value["restaurant_id"], value["restaurant_name"], value["country"], value["month"],
              value["currency"]}] = {std::stoll(value["number_of_bookings"]),
                                     std::stoll(value["number_of_guests"]), cents_of(value["amount"])};
    }
    value.clear();
    return true;
  }
  bool null() override { return take(""); }
  bool boolean(bool) override { return true; }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override {
    report.clear();
    return false;
  }
  bool take(std::string text) {
    value[current] = std::move(text);
    return true;
  }

  Report report;
  std::string current;
  std::map<std::string, std::string> value;
};

}  // namespace

Report report_from_csv(const std::string& text) {
  Report report;
  const std::vector<Row> rows = parsed_csv(text);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const Row& r = rows[i];
    if (r.size() != 8) return {};
    report[{r[0], r[1], r[2], r[3], r[7]}] = {std::stoll(r[4]), std::stoll(r[5]), cents_of(r[6])};
  }
  return report;
}

Report report_from_json(const std::string& text) {
  Rows rows;
  nlohmann::json::sax_parse(text, &rows);
  return std::move(rows.report);
}

}  // namespace sluice::testing
