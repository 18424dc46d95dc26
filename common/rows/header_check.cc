#include "common/rows/header_check.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "common/rows/value_path.h"

namespace sluice {
namespace {

constexpr std::size_t kShown = 10;
constexpr std::size_t kShownBytes = 60;

// How many letters must change to make one name the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return out;
}

// Of the missing columns, the one that an unknown name was probably meant to be; empty if none.
std::string_view probably_meant(std::string_view name, const std::vector<std::string>& missing) {
  if (name.size() > kShownBytes) return {};  // a header may be anything, and long
  std::string_view best;
  // A swap of two letters is two changes; a name with no letter right is another one.
  std::size_t nearest = std::min(std::max<std::size_t>(2, name.size() / 3) + 1, name.size());
  for (const std::string& candidate : missing) {
    const std::size_t distance = edit_distance(lower_case(name), lower_case(candidate));
    if (distance >= nearest) continue;
    nearest = distance;
    best = candidate;
  }
  return best;
}

std::string cut(std::string_view name) {
  std::size_t end = std::min(name.size(), kShownBytes);
  while (end < name.size() && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;
  return fmt::format("\"{}\"", name.substr(0, end));
}

std::string listed(const std::vector<std::string>& names, const std::vector<std::string>& missing = {}) {
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    out += (i == 0 ? "" : ", ") + cut(names[i]);
    const std::string_view meant = probably_meant(names[i], missing);
    if (!meant.empty()) out += fmt::format(" (did you mean \"{}\"?)", meant);
  }
  if (names.size() > kShown) out += fmt::format(" and {} more", names.size() - kShown);
  return out;
}

// The column that a field's `from:` speaks of: its text, or what a path into a nested value begins with.
std::string column_of(const std::string& source, const std::vector<std::string>& names) {
  if (std::ranges::find(names, source) != names.end()) return source;
  const auto path = ValuePath::parse(source);
  if (!path || std::ranges::find(names, path->head()) == names.end()) return source;
  return std::string(path->head());
}

std::string named(char delimiter) {
  return delimiter == '\t' ? std::string("tabs") : fmt::format("'{}'", delimiter);
}

}  // namespace

std::string check_header(const Dataset& dataset, const std::vector<std::string>& names) {
  std::vector<std::string> missing, unknown, doubled;
  std::set<std::string> expected, seen;
  for (const FieldSpec& field : dataset.fields) {
    if (field.path_field) continue;
    const std::string column = column_of(field.source, names);
    if (expected.insert(column).second && std::ranges::find(names, column) == names.end()) {
      missing.push_back(column);
    }
  }
  for (const std::string& name : names) {
    if (!seen.insert(name).second) {
      doubled.push_back(name);
    } else if (!expected.contains(name) && !dataset.csv.ignores_other_columns) {
      unknown.push_back(name);
    }
  }
  if (missing.empty() && unknown.empty() && doubled.empty()) return {};
  std::string out = fmt::format("the header does not fit the definition of {}:", dataset.name);
  if (!missing.empty()) out += " missing " + listed(missing) + ";";
  if (!unknown.empty()) out += " unknown " + listed(unknown, missing) + ";";
  if (!doubled.empty()) out += " twice " + listed(doubled) + ";";
  out.back() = '.';
  // One cell that holds the other delimiter is the commonest mistake.
  if (names.size() == 1 && missing.size() == dataset.fields.size()) {
    for (const char other : {',', ';', '\t', '|'}) {
      if (other == dataset.csv.delimiter || names[0].find(other) == std::string::npos) continue;
      out += fmt::format(" The columns seem to be separated by {}; the definition says {}.",
                         named(other), named(dataset.csv.delimiter));
      break;
    }
  }
  return out;
}

}  // namespace sluice
