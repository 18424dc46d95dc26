// The checker and the JSON Schema for editors do not drift: each map has the same keys in both, and of the
// definitions in schema_cases.yaml each gives the verdict that schema_test.py asks of the schema.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include "common/definition/definition_parser.h"

namespace sluice {
namespace {

using Keys = std::set<std::string>;

constexpr const char* kNobodysKey = "zzzzzzzzzzzzzzzzzzzzzzzzzzzz";

const YAML::Node& cases() {
  static const YAML::Node loaded = YAML::LoadFile(SLUICE_SCHEMA_CASES);
  return loaded;
}

std::string definition_with(const YAML::Node& change) {
  YAML::Node whole = YAML::Clone(cases()["base"]);
  for (const auto& entry : change) whole[entry.first.Scalar()] = YAML::Clone(entry.second);
  return YAML::Dump(whole);
}

std::string checkers_errors(const std::string& text) {
  std::string out;
  const auto parsed = parse_definition(text, "x.yaml");
  if (parsed) return out;
  for (const DefinitionError& error : parsed.error()) out += to_string(error) + "\n";
  return out;
}

// What the checker says it knows where it finds nobody's key.
Keys keys_of_checker(std::string change) {
  const std::string mark = "HERE";
  change.replace(change.find(mark), mark.size(), std::string(kNobodysKey) + ": 1");
  const std::string errors = checkers_errors(definition_with(YAML::Load(change)));
  const std::string before = "unknown key \"" + std::string(kNobodysKey) + "\"; ";
  const std::size_t at = errors.find(before);
  EXPECT_NE(at, std::string::npos) << change << "\n" << errors;
  Keys keys;
  if (at == std::string::npos) return keys;
  const std::size_t begin = at + before.size();
  const std::string said = errors.substr(begin, errors.find('\n', begin) - begin);
  const std::string known = "known here: ";
  if (!said.starts_with(known)) {
    EXPECT_EQ(said, "there is nothing to set here");
    return keys;
  }
  for (std::size_t from = known.size(); from < said.size();) {
    const std::size_t end = std::min(said.find(", ", from), said.size());
    keys.insert(said.substr(from, end - from));
    from = end + 2;
  }
  return keys;
}

nlohmann::json schema() {
  std::ifstream in(std::string(SLUICE_SCHEMAS) + "/definition.schema.json");
  return nlohmann::json::parse(in);
}

// Every map of the schema whose keys are listed, by its place.
void collect_maps(const nlohmann::json& node, const std::string& place, std::map<std::string, Keys>& into) {
  if (node.is_object() && node.contains("additionalProperties") && node["additionalProperties"] == false) {
    Keys& keys = into[place];
    for (const auto& [key, value] : node["properties"].items()) keys.insert(key);
  }
  if (!node.is_structured()) return;
  for (const auto& [key, value] : node.items()) collect_maps(value, place + "/" + key, into);
}

struct Place {
  std::string definition;  // what is changed in the base, with HERE in the map
  std::string schema;
};

std::vector<Place> places() {
  const std::string report = "/properties/reports/additionalProperties";
  std::vector<Place> out = {
      {"{HERE}", ""},
      {"source: {HERE}", "/properties/source"},
      {"source: {s3: {HERE}}", "/properties/source/properties/s3"},
      {"format: {csv: {HERE}}", "/properties/format/oneOf/1/properties/csv"},
      {"format: {ndjson: {HERE}}", "/properties/format/oneOf/1/properties/ndjson"},
      {"format: {json: {HERE}}", "/properties/format/oneOf/1/properties/json"},
      {"format: {xml: {HERE}}", "/properties/format/oneOf/1/properties/xml"},
      {"csv: {HERE}", "/properties/csv"},
      {"fields: {id: {HERE}}", "/properties/fields/additionalProperties"},
      {"records: {HERE}", "/properties/records"},
      {"errors: {HERE}", "/properties/errors"},
      {"records: {postgres: {HERE}}", "/properties/records/properties/postgres"},
      {"reports: {one: {HERE}}", report},
      {"reports: {one: {sinks: {postgres: {HERE}}}}", report + "/properties/sinks/properties/postgres"},
      {"reports: {one: {sinks: {csv: {HERE}}}}", report + "/properties/sinks/properties/csv"},
      {"reports: {one: {sinks: {export: {HERE}}}}", report + "/properties/sinks/properties/export"},
      {"reports: {one: {sinks: {export: {s3: {HERE}}}}}",
       report + "/properties/sinks/properties/export/properties/s3"},
      {"reports: {one: {sinks: {export: {current: {HERE}}}}}",
       report + "/properties/sinks/properties/export/properties/current"},
  };
  for (const char* key : {"explode", "previous", "trailing", "pairs", "rollup", "lookup", "window", "top", "sinks"}) {
    out.push_back({std::string("reports: {one: {") + key + ": {HERE}}}", report + "/properties/" + key});
  }
  return out;
}

TEST(SchemaForEditors, HasTheCheckersKeysInEveryMapAndNoOthers) {
  std::map<std::string, Keys> of_schema;
  collect_maps(schema(), "", of_schema);
  // One format with its options: the checker names the formats in another way, the cases have them.
  of_schema.erase("/properties/format/oneOf/1");
  for (const Place& place : places()) {
    EXPECT_EQ(keys_of_checker(place.definition), of_schema[place.schema]) << place.definition;
    of_schema.erase(place.schema);
  }
  for (const auto& [place, keys] : of_schema) ADD_FAILURE() << "the checker was not asked about " << place;
}

// A map that the checker reads and nobody asks about would escape the test above.
TEST(SchemaForEditors, IsAskedAboutEveryListOfKeysInTheChecker) {
  std::set<Keys> of_schema;
  std::map<std::string, Keys> maps;
  collect_maps(schema(), "", maps);
  for (const auto& [place, keys] : maps) of_schema.insert(keys);
  std::size_t lists = 0;
  for (const auto& file : std::filesystem::directory_iterator(SLUICE_DEFINITION_SOURCES)) {
    if (file.path().extension() != ".cc" || file.path().stem().string().ends_with("_test")) continue;
    std::ifstream in(file.path());
    const std::string text(std::istreambuf_iterator<char>(in), {});
    const std::string call = "expect_map({";
    for (std::size_t at = text.find(call); at != std::string::npos; at = text.find(call, at)) {
      at += call.size();
      const std::string list = text.substr(at, text.find('}', at) - at);
      Keys keys;
      for (std::size_t open = list.find('"'); open != std::string::npos;) {
        const std::size_t close = list.find('"', open + 1);
        keys.insert(list.substr(open + 1, close - open - 1));
        open = list.find('"', close + 1);
      }
      EXPECT_TRUE(of_schema.contains(keys)) << file.path().filename() << ": " << list;
      ++lists;
    }
  }
  EXPECT_GT(lists, 15U);
}

TEST(SchemaForEditors, AgreesWithTheCheckerOnGoodAndBadDefinitions) {
  for (const YAML::Node& change : cases()["good"]) {
    EXPECT_EQ(checkers_errors(definition_with(change)), "") << YAML::Dump(change);
  }
  for (const YAML::Node& change : cases()["bad"]) {
    EXPECT_NE(checkers_errors(definition_with(change)), "") << YAML::Dump(change);
  }
}

}  // namespace
}  // namespace sluice
