#include "common/rows/header_check.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace sluice {
namespace {

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 10;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) out += (i == 0 ? "\"" : ", \"") + names[i].substr(0, 60) + "\"";
  if (names.size() > kShown) out += fmt::format(" and {} more", names.size() - kShown);
  return out;
}

}  // namespace

std::string check_header(const Dataset& dataset, const std::vector<std::string>& names) {
  std::vector<std::string> missing, unknown, doubled;
  std::set<std::string> expected, seen;
  for (const FieldSpec& field : dataset.fields) {
    expected.insert(field.source);
    if (std::ranges::find(names, field.source) == names.end()) missing.push_back(field.source);
  }
  for (const std::string& name : names) {
    if (!seen.insert(name).second) {
      doubled.push_back(name);
    } else if (!expected.contains(name)) {
      unknown.push_back(name);
    }
  }
  if (missing.empty() && unknown.empty() && doubled.empty()) return {};
  std::string out = fmt::format("the header does not fit the definition of {}:", dataset.name);
  if (!missing.empty()) out += " missing " + listed(missing) + ";";
  if (!unknown.empty()) out += " unknown " + listed(unknown) + ";";
  if (!doubled.empty()) out += " twice " + listed(doubled) + ";";
  out.back() = '.';
  // One cell that holds the other delimiter is the commonest mistake.
  if (names.size() == 1 && missing.size() == dataset.fields.size()) {
    for (const char other : {',', ';', '\t', '|'}) {
      if (other == dataset.csv.delimiter || names[0].find(other) == std::string::npos) continue;
      out += fmt::format(" The columns seem to be separated by {}; the definition says {}.",
                         other == '\t' ? std::string("tabs") : fmt::format("'{}'", other),
                         dataset.csv.delimiter == '\t' ? std::string("tabs") : fmt::format("'{}'", dataset.csv.delimiter));
      break;
    }
  }
  return out;
}

}  // namespace sluice
