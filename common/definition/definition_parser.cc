#include "common/definition/definition_parser.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

#include "common/definition/dataset_builder.h"
#include "common/definition/yaml_cursor.h"

namespace sluice {
namespace fs = std::filesystem;

std::string to_string(const DefinitionError& error) {
  return fmt::format("{}:{}:{}: {}", error.file, error.line, error.column, error.message);
}

namespace {

// Where the last document began.
class DocumentStarts final : public YAML::EventHandler {
 public:
  int line = 0;  // from 1
  void OnDocumentStart(const YAML::Mark& mark) override { line = std::max(mark.line, 0) + 1; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// The line on which a second document begins. (YAML::LoadAll reads on for ever, and into ever more memory, behind a
// stray "]"; here reading ends with the second.)
std::optional<int> second_document(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  DocumentStarts starts;
  if (!parser.HandleNextDocument(starts) || !parser.HandleNextDocument(starts)) return std::nullopt;
  return starts.line;
}

using Build = std::function<Dataset(const definition::YamlCursor& root)>;

DefinitionResult parse_with(std::string_view text, const std::string& path, const Build& build) {
  std::vector<DefinitionError> errors;
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    Dataset dataset = build(definition::YamlCursor(root, "", path, errors));
    if (const auto line = second_document(std::string(text))) {
      errors.push_back({path, *line, 1, "a second document (or a bracket too many); one file is one definition"});
    }
    dataset.path = path;
    dataset.text_hash = definition::hash_of(text);
    dataset.text = text;
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

// A definition is a page or two; what is larger was put here by mistake.
constexpr std::uintmax_t kMaxBytes = 1024 * 1024;

Result<std::string> text_of(const std::string& path) {
  std::error_code code;
  // Asked first: to open a pipe waits for somebody who writes into it.
  if (!fs::is_regular_file(path, code)) return fail("cannot be read: it is not a file");
  if (fs::file_size(path, code) > kMaxBytes || code) return fail("a definition may have 1 MiB; this is larger");
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in) return fail("cannot be read");
  return text.str();
}

// What each definition of the files can be looked up by; broken ones are left out.
std::vector<Dataset> records_of(const std::vector<std::string>& paths) {
  std::vector<Dataset> out;
  for (const std::string& path : paths) {
    const auto text = text_of(path);
    if (!text) continue;
    auto parsed = parse_with(*text, path, [](const definition::YamlCursor& root) {
      return definition::build_records(root);
    });
    if (parsed) out.push_back(*std::move(parsed));
  }
  return out;
}

DefinitionResult load_with(const std::string& path, const std::vector<Dataset>& others) {
  const auto text = text_of(path);
  if (!text) return tl::unexpected(std::vector<DefinitionError>{{path, 1, 1, text.error().message}});
  return parse_definition(*text, path, others);
}

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

// Tells each dataset which reports of the others look it up.
void connect(std::vector<Dataset>& datasets) {
  for (const Dataset& reader : datasets) {
    for (const ReportSpec& report : reader.reports) {
      const auto* lookup = lookup_of(report);
      if (lookup == nullptr) continue;
      const auto source = std::ranges::find(datasets, lookup->dataset, &Dataset::name);
      if (source == datasets.end()) continue;
      source->feeds.push_back({reader.name, report.name, reader.partitions, *lookup});
    }
  }
}

// A definition whose lookups find a dataset that was refused is refused with it.
void drop_orphans(LoadedDefinitions& loaded) {
  for (bool again = true; again;) {
    again = false;
    for (auto it = loaded.datasets.begin(); it != loaded.datasets.end() && !again; ++it) {
      for (const ReportSpec& report : it->reports) {
        const auto* lookup = lookup_of(report);
        if (lookup == nullptr) continue;
        if (std::ranges::find(loaded.datasets, lookup->dataset, &Dataset::name) != loaded.datasets.end()) continue;
        loaded.errors.push_back({it->path, 1, 1, fmt::format("report \"{}\" looks up dataset \"{}\", whose definition "
                                                             "is refused", report.name, lookup->dataset)});
        loaded.datasets.erase(it);
        again = true;
        break;
      }
    }
  }
}

}  // namespace

DefinitionResult parse_definition(std::string_view text, const std::string& path,
                                  const std::vector<Dataset>& others) {
  const definition::FindDataset find = [&](const std::string& name) -> std::optional<Dataset> {
    const auto found = std::ranges::find(others, name, &Dataset::name);
    if (found == others.end()) return std::nullopt;
    return *found;
  };
  return parse_with(text, path, [&](const definition::YamlCursor& root) {
    return definition::build_dataset(root, find);
  });
}

DefinitionResult load_definition(const std::string& path) {
  std::vector<DefinitionError> ignored;
  const fs::path folder = fs::path(path).parent_path();
  const auto beside = definition_files({folder.empty() ? "." : folder.string()}, ignored);
  return load_with(path, records_of(beside));
}

LoadedDefinitions load_definitions(const std::vector<std::string>& folders,
                                   const std::set<std::string>& running) {
  LoadedDefinitions out;
  // Names of tables and topics: a dataset and a report share one space. And the paths of CSV sinks:
  // two reports would replace each other's file.
  std::map<std::string, std::string> taken;
  std::vector<std::string> paths = definition_files(folders, out.errors);
  std::ranges::stable_partition(paths, [&](const std::string& path) { return running.contains(path); });
  const std::vector<Dataset> records = records_of(paths);
  for (const std::string& path : paths) {
    DefinitionResult parsed = load_with(path, records);
    if (!parsed) {
      out.errors.insert(out.errors.end(), parsed.error().begin(), parsed.error().end());
      continue;
    }
    std::vector<std::string> names = {parsed->name};
    for (const ReportSpec& report : parsed->reports) {
      names.push_back(report.name);
      if (report.csv) names.push_back("data/out/" + report.csv->path);
      if (report.exported) names.push_back(place_of(*report.exported));
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
  std::ranges::sort(out.datasets, {}, &Dataset::path);
  drop_orphans(out);
  connect(out.datasets);
  return out;
}

}  // namespace sluice
