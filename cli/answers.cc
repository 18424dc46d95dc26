#include "cli/answers.h"

#include <algorithm>

#include "cli/table.h"

namespace sluice::cli {
namespace {

constexpr long kRowsOfAPage = 10'000;  // the api gives no more at once

}  // namespace

std::string cell(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

std::string reports_table(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& r : answer.at("reports")) {
    rows.push_back({cell(r.at("name")), cell(r.value("dataset", Json())), cell(r.value("revision", Json())),
                    cell(r.value("updated_at", Json()))});
  }
  if (rows.empty()) return "no reports: no definition is in force; ./sluice definitions check\n";
  return render_table({{"report"}, {"dataset"}, {"revision", true}, {"updated"}}, rows);
}

std::vector<std::string> reasons_of(const Json& readiness) {
  std::vector<std::string> out;
  const Json checks = readiness.value("checks", Json::object());
  for (const auto& [name, found] : checks.items()) {
    if (found != "ok") out.push_back(name + ": " + cell(found));
  }
  if (out.empty() && readiness.value("status", "") != "ready") out.emplace_back("it is stopping");
  return out;
}

std::vector<std::string> definitions_of(const Json& readiness) {
  std::vector<std::string> out;
  const Json definitions = readiness.value("definitions", Json::array());
  for (const Json& sentence : definitions) out.push_back(cell(sentence));
  return out;
}

long CsvPages::next_limit() const { return left_ ? std::min(*left_, kRowsOfAPage) : kRowsOfAPage; }

std::string_view CsvPages::take(std::string_view page) {
  // A page that is not the last is as long as it may be.
  if (left_) *left_ -= next_limit();
  // Column names hold no line end.
  if (header_taken_) page.remove_prefix(std::min(page.find('\n'), page.size() - 1) + 1);
  header_taken_ = true;
  return page;
}

}  // namespace sluice::cli
