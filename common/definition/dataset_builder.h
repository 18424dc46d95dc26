#pragma once
// From a definition's YAML to a Dataset: the rules of the language. Reports every mistake it finds through
// the cursor; what it returns is only good if none was reported.

#include "common/definition/definition.h"
#include "common/definition/report_scope.h"
#include "common/definition/yaml_cursor.h"

namespace sluice::definition {

// Without its reports: what other definitions may look up.
Dataset build_records(const YamlCursor& root);
// The whole of it.
Dataset build_dataset(const YamlCursor& root, const FindDataset& find);
// A hash of all that decides state and results; call again when `feeds` changed.
std::string fingerprint_of(const Dataset& dataset);
std::string hash_of(std::string_view text);

// The parts, in files of their own.
void build_source(const YamlCursor& source, Dataset& dataset);
void build_format(const YamlCursor& root, Dataset& dataset);
FieldSpec build_field(const YamlCursor& field, const std::string& name);
ReportSpec build_report(const YamlCursor& report, const std::string& name, const Dataset& dataset,
                        const FindDataset& find);
// Of a report whose columns are known.
void build_sinks(const YamlCursor& sinks, ReportSpec& report);

// A name of a dataset, report, field or column: [a-z][a-z0-9_]*, at most 50 characters. Reports otherwise.
bool check_name(const YamlCursor& at, const std::string& name);
// The column of that name; reports, with what was probably meant, if there is none.
std::optional<std::size_t> find_column(const YamlCursor& at, const Dataset& dataset, const std::string& name);
// "3d", "12h", "90m", "30s" in seconds.
std::optional<std::int64_t> duration_seconds(const YamlCursor& at);

}  // namespace sluice::definition
