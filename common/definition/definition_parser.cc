#include "common/definition/definition_parser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "common/definition/dataset_builder.h"
#include "common/definition/yaml_cursor.h"

namespace sluice {
namespace fs = std::filesystem;

std::string to_string(const DefinitionError& error) {
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.message);
}

DefinitionResult parse_definition(std::string_view text, const std::string& path) {
  std::vector<DefinitionError> errors;
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    const YAML::Node root = documents.empty() ? YAML::Node() : documents.front();
    Dataset dataset = definition::build_dataset(definition::YamlCursor(root, "", path, errors));
    if (documents.size() > 1) {
      const int line = documents[1].Mark().line + 1;
      errors.push_back({path, std::max(line, 1), 1, "a second document; one file is one definition"});
    }
    dataset.path = path;
    if (errors.empty()) return dataset;
  } catch (const YAML::Exception& error) {
    errors.push_back({path, std::max(error.mark.line, 0) + 1, std::max(error.mark.column, 0) + 1,
                      "this is not YAML: " + error.msg});
  }
  std::ranges::stable_sort(errors, [](const DefinitionError& a, const DefinitionError& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  return tl::unexpected(std::move(errors));
}

DefinitionResult load_definition(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return tl::unexpected(std::vector<DefinitionError>{{path, 1, 1, "cannot be read"}});
  return parse_definition(text.str(), path);
}

namespace {

std::vector<std::string> definition_files(const std::vector<std::string>& folders,
                                          std::vector<DefinitionError>& errors) {
  std::vector<std::string> paths;
  for (const std::string& folder : folders) {
    std::error_code code;
    if (fs::is_regular_file(folder, code)) {
      paths.push_back(folder);
      continue;
    }
    fs::directory_iterator entries(folder, code);
    if (code) {
      errors.push_back({folder, 1, 1, "no such folder of definitions (" + code.message() + ")"});
      continue;
    }
    for (const fs::directory_entry& entry : entries) {
      const std::string extension = entry.path().extension().string();
      const bool hidden = entry.path().filename().string().starts_with(".");
      if (!hidden && (extension == ".yaml" || extension == ".yml")) paths.push_back(entry.path().string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

LoadedDefinitions load_definitions(const std::vector<std::string>& folders) {
  LoadedDefinitions out;
  // Names of tables and topics: a dataset and a report share one space. And the paths of CSV sinks:
  // two reports would replace each other's file.
  std::map<std::string, std::string> taken;
  for (const std::string& path : definition_files(folders, out.errors)) {
    DefinitionResult parsed = load_definition(path);
    if (!parsed) {
      out.errors.insert(out.errors.end(), parsed.error().begin(), parsed.error().end());
      continue;
    }
    std::vector<std::string> names = {parsed->name};
    for (const ReportSpec& report : parsed->reports) {
      names.push_back(report.name);
      if (report.csv) names.push_back("data/out/" + report.csv->path);
    }
    const auto clash =
        std::ranges::find_if(names, [&](const std::string& n) { return taken.contains(n); });
    if (clash != names.end()) {
      out.errors.push_back(
          {path, 1, 1, fmt::format("\"{}\" is defined in {} already", *clash, taken[*clash])});
      continue;
    }
    for (const std::string& name : names) taken[name] = path;
    out.datasets.push_back(*std::move(parsed));
  }
  return out;
}

}  // namespace sluice
