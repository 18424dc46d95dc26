#include "common/definition/yaml_cursor.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace sluice::definition {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> probably_meant(std::string_view word, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t d = edit_distance(word, candidate);
    if (d < distance) {
      distance = d;
      best = &candidate;
    }
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void YamlCursor::error(const std::string& message) const {
  const YAML::Mark mark = node_.IsDefined() ? node_.Mark() : fallback_;
  const std::string prefix = path_.empty() ? "" : path_ + ": ";
  // An empty file has no place at all.
  errors_->push_back({file_, std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, prefix + message});
}

bool YamlCursor::expect_map_of_names() const {
  if (!node_.IsMap()) {
    error("expected a map of names");
    return false;
  }
  std::set<std::string> seen;
  for (const Entry& entry : entries()) {
    if (!seen.insert(entry.name).second) entry.key.error(fmt::format("\"{}\" stands here twice", entry.name));
  }
  return true;
}

bool YamlCursor::expect_map(std::initializer_list<std::string_view> known) const {
  if (!node_.IsMap()) {
    error("expected a map");
    return false;
  }
  if (!expect_map_of_names()) return false;
  const std::vector<std::string> names(known.begin(), known.end());
  for (const Entry& entry : entries()) {
    if (std::ranges::find(names, entry.name) != names.end()) continue;
    const auto meant = probably_meant(entry.name, names);
    entry.key.error(fmt::format("unknown key \"{}\"; {}", entry.name,
                                meant           ? fmt::format("did you mean \"{}\"?", *meant)
                                : names.empty() ? std::string("there is nothing to set here")
                                                : fmt::format("known here: {}", listed(names))));
  }
  return true;
}

YamlCursor YamlCursor::operator[](std::string_view key) const {
  const std::string name(key);
  YAML::Node child(YAML::NodeType::Undefined);
  if (node_.IsMap()) {
    const YAML::Node& constant = node_;  // [] on a mutable node would insert the key
    const YAML::Node found = constant[name];
    if (found.IsDefined()) child.reset(found);
  }
  YamlCursor out(child, path_.empty() ? name : path_ + "." + name, file_, *errors_);
  out.fallback_ = node_.IsDefined() ? node_.Mark() : fallback_;
  return out;
}

std::vector<YamlCursor::Entry> YamlCursor::entries() const {
  std::vector<Entry> out;
  for (const auto& item : node_) {
    const std::string name = item.first.IsScalar() ? item.first.Scalar() : "?";
    out.push_back({name, YamlCursor(item.first, path_, file_, *errors_),
                   YamlCursor(item.second, path_.empty() ? name : path_ + "." + name, file_, *errors_)});
    // An empty value has no place of its own; its key has.
    out.back().value.fallback_ = item.first.Mark();
  }
  return out;
}

std::vector<YamlCursor> YamlCursor::items() const {
  std::vector<YamlCursor> out;
  std::size_t index = 0;
  for (const auto& item : node_) {
    out.emplace_back(item, fmt::format("{}[{}]", path_, index++), file_, *errors_);
  }
  return out;
}

std::optional<std::string> YamlCursor::text() const {
  if (node_.IsScalar()) return node_.Scalar();
  error("expected a text");
  return std::nullopt;
}

std::optional<bool> YamlCursor::boolean() const {
  if (node_.IsScalar() && node_.Scalar() == "true") return true;
  if (node_.IsScalar() && node_.Scalar() == "false") return false;
  error("expected true or false");
  return std::nullopt;
}

std::optional<std::int64_t> YamlCursor::integer(std::int64_t low, std::int64_t high) const {
  std::int64_t value = 0;
  if (node_.IsScalar()) {
    const std::string& s = node_.Scalar();
    const auto [end, code] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (code == std::errc{} && end == s.data() + s.size() && value >= low && value <= high) return value;
  }
  error(fmt::format("expected a whole number from {} to {}", low, high));
  return std::nullopt;
}

std::vector<std::string> YamlCursor::texts() const {
  std::vector<std::string> out;
  if (node_.IsScalar()) return {node_.Scalar()};
  if (!node_.IsSequence()) {
    error("expected a text or a list of texts");
    return out;
  }
  for (const YamlCursor& item : items()) {
    if (auto t = item.text()) out.push_back(*t);
  }
  return out;
}

}  // namespace sluice::definition
