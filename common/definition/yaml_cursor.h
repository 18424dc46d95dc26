#pragma once
// A YAML node with the place where it stands, and the list that errors about it go to. Keeps "where" out of
// the rules in definition_parser.cc. Only for .cc files of this folder.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "common/definition/definition_parser.h"

namespace sluice::definition {

// The nearest of `known` to `word`, if it is near enough to be what was meant.
std::optional<std::string> probably_meant(std::string_view word, const std::vector<std::string>& known);
// "a, b, c"
std::string listed(const std::vector<std::string>& words);

class YamlCursor {
 public:
  YamlCursor(YAML::Node node, std::string path, std::string file, std::vector<DefinitionError>& errors)
      : node_(std::move(node)), path_(std::move(path)), file_(std::move(file)), errors_(&errors) {}

  bool defined() const { return node_.IsDefined() && !node_.IsNull(); }
  bool exists() const { return node_.IsDefined(); }  // perhaps empty
  bool is_map() const { return node_.IsMap(); }
  bool is_list() const { return node_.IsSequence(); }
  bool is_scalar() const { return node_.IsScalar(); }
  const std::string& path() const { return path_; }

  // Reports at this node's place.
  void error(const std::string& message) const;

  // Reports if this is no map, has a key twice, or has a key not in `known`. False if it is no map.
  bool expect_map(std::initializer_list<std::string_view> known) const;
  // The same, with any keys.
  bool expect_map_of_names() const;

  YamlCursor operator[](std::string_view key) const;
  struct Entry;
  std::vector<Entry> entries() const;      // of a map, in the file's order
  std::vector<YamlCursor> items() const;   // of a list

  // The scalar's text; reports and gives nothing if it is none.
  std::optional<std::string> text() const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer(std::int64_t low, std::int64_t high) const;
  // A text or a list of texts.
  std::vector<std::string> texts() const;

 private:
  YAML::Node node_;
  std::string path_;
  std::string file_;
  std::vector<DefinitionError>* errors_;
  // Where a missing key's parent stands, so that "required" has a place.
  YAML::Mark fallback_ = YAML::Mark::null_mark();
};

struct YamlCursor::Entry {
  std::string name;
  YamlCursor key;
  YamlCursor value;
};

}  // namespace sluice::definition
