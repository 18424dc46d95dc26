#include "cli/answers.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "cli/table.h"

namespace sluice::cli {
namespace {

constexpr long kRowsOfAPage = 10'000;  // the api gives no more at once

// The database's words may be of several lines.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool space = static_cast<unsigned char>(c) <= ' ';
    if (!space) out += c;
    if (space && !out.empty() && out.back() != ' ') out += ' ';
  }
  return out;
}

// The row's lines; below the one in which the cell begins, a line of ^ as long as what of the cell is on it.
std::string marked_row(std::string_view row, const Json& place) {
  std::size_t left = place.is_null() ? std::string::npos : place.at("start").get<std::size_t>();
  std::size_t length = place.is_null() ? 0 : std::max<std::size_t>(place.at("length").get<std::size_t>(), 1);
  std::string out;
  for (std::size_t at = 0; at <= row.size();) {
    const std::size_t end = std::min(row.find('\n', at), row.size());
    const std::string_view line = row.substr(at, end - at);
    out.append(line).append("\n");
    const auto characters = static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
    if (length > 0 && left <= characters) {
      out += std::string(left, ' ') + std::string(std::min(length, std::max<std::size_t>(characters - left, 1)), '^') + "\n";
      length = 0;
    }
    if (length > 0) left -= characters + 1;
    at = end + 1;
  }
  return out;
}

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

std::string dead_letters_table(const Json& answer) {
  std::map<std::string, std::size_t> files;  // by id: its place among them
  using Place = std::tuple<std::size_t, std::int64_t, std::int64_t>;
  std::vector<std::pair<Place, const Json*>> letters;
  for (const Json& d : answer.at("dead_letters")) {
    const std::size_t file = files.try_emplace(cell(d.at("file")), files.size()).first->second;
    const auto number = [&](const char* name) { return d.at(name).is_null() ? 0 : d.at(name).get<std::int64_t>(); };
    letters.push_back({{file, number("entry"), number("line")}, &d});
  }
  if (letters.empty()) return "no dead letters\n";
  std::ranges::stable_sort(letters, {}, &std::pair<Place, const Json*>::first);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [place, letter] : letters) {
    const Json& d = *letter;
    rows.push_back({cell(d.at("id")), cell(d.value("file_name", Json(d.at("file")))), cell(d.at("line")),
                    cell(d.at("column")), cell(d.at("rule")), cell(d.at("reason"))});
  }
  return render_table({{"id"}, {"file"}, {"line", true}, {"column"}, {"rule"}, {"reason"}}, rows, 70);
}

std::string dead_letter_groups_table(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& g : answer.at("groups")) {
    rows.push_back({cell(g.at("dataset")), cell(g.at("rule")), cell(g.at("column")), cell(g.at("open")),
                    cell(g.at("retriable")), cell(g.at("letters")), cell(g.at("last_at")),
                    one_line(cell(g.at("example").at("reason")))});
  }
  if (rows.empty()) return "no dead letters\n";
  return render_table({{"dataset"}, {"rule"}, {"column"}, {"open", true}, {"can be retried", true}, {"ever", true},
                       {"last"}, {"for example"}},
                      rows, 70);
}

std::string dead_letter_text(const Json& letter) {
  std::string out;
  for (const auto& [name, value] : letter.items()) {
    if (name == "row" || name == "cell" || value.is_null()) continue;
    out += name + std::string(name.size() < 12 ? 12 - name.size() : 0, ' ') + " " + cell(value) + "\n";
  }
  return out + "\n" + marked_row(cell(letter.at("row")), letter.at("cell"));
}

std::string retry_result(const Json& file) {
  const auto number = [&](const char* name) { return file.at(name).get<std::int64_t>(); };
  const std::int64_t rows = number("rows"), failed = number("dead_letters");
  std::string out = std::to_string(rows - failed) + " of " + std::to_string(rows) + " rows are records now (" +
                    std::to_string(number("records")) + " new, " + std::to_string(number("corrections")) +
                    " corrections, " + std::to_string(number("duplicates")) + " duplicates).";
  if (failed > 0) out += " " + std::to_string(failed) + " failed again: ./sluice dead-letters groups";
  return out + "\n";
}

std::optional<std::string> no_such_dataset(const std::string& dataset, const std::vector<std::string>& known) {
  if (dataset.empty() || std::ranges::find(known, dataset) != known.end()) return std::nullopt;
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return "there is no dataset \"" + dataset + "\"; " +
         (names.empty() ? "no definition is there" : "there are " + names);
}

std::vector<std::string> reasons_of(const Json& readiness) {
  std::vector<std::string> out;
  const Json checks = readiness.value("checks", Json::object());
  for (const auto& [name, found] : checks.items()) {
    if (found != "ok") out.push_back(one_line(name + ": " + cell(found)));
  }
  if (out.empty() && readiness.value("status", "") != "ready") out.emplace_back("it is stopping");
  return out;
}

std::vector<std::string> definitions_of(const Json& readiness) {
  std::vector<std::string> out;
  const Json definitions = readiness.value("definitions", Json::array());
  for (const Json& sentence : definitions) out.push_back(one_line(cell(sentence)));
  return out;
}

long CsvPages::next_limit() const { return left_ ? std::min(*left_, kRowsOfAPage) : kRowsOfAPage; }

namespace {

// The rows below the header: line ends outside of quotes.
long rows_in(std::string_view page) {
  bool quoted = false;
  long lines = 0;
  for (const char c : page) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) ++lines;
  }
  return std::max(0L, lines - 1);
}

}  // namespace

std::string_view CsvPages::take(std::string_view page) {
  if (left_) *left_ -= rows_in(page);
  // Column names hold no line end.
  if (header_taken_) page.remove_prefix(std::min(page.find('\n'), page.size() - 1) + 1);
  header_taken_ = true;
  return page;
}

}  // namespace sluice::cli
