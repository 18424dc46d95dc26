// Definitions: any bytes are a dataset or errors that each say file, line and column; the same bytes always the
// same dataset.

#include <algorithm>

#include "common/base/json_text.h"
#include "common/definition/definition_parser.h"
#include "common/rows/path_values.h"
#include "common/rows/row_format.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto lines = std::ranges::count(text, '\n') + std::ranges::count(text, '\r') + 1;
  const auto parsed = parse_definition(text, "f.yaml");
  const auto again = parse_definition(text, "f.yaml");
  LAW("the same bytes give the same", parsed.has_value() == again.has_value());
  if (!parsed) {
    LAW("a refusal says why", !parsed.error().empty());
    for (const DefinitionError& error : parsed.error()) {
      LAW("an error is a sentence", !error.message.empty());
      LAW("an error has a place in its file", error.file == "f.yaml" && error.line >= 1 && error.column >= 1);
      LAW("its line is one of the file", error.line <= lines + 1);
    }
    return 0;
  }
  LAW("the same bytes have one fingerprint", parsed->fingerprint == again->fingerprint && !parsed->fingerprint.empty());
  LAW("a dataset has a name, files and fields",
      !parsed->name.empty() && !parsed->files.empty() && !parsed->fields.empty());
  LAW("a dataset has columns and a key", !parsed->columns.empty() && !parsed->key.empty());
  for (const std::size_t column : parsed->key) LAW("a key is made of columns", column < parsed->columns.size());
  for (const FieldSpec& field : parsed->fields) LAW("a field has its column", field.first_column < parsed->columns.size());
  takes_file(*parsed, "bookings-2017.csv.gz");
  path_values(*parsed, "in/datehour=2021-01-23-10/part-0.json");
  const auto dataset = std::make_shared<const Dataset>(*parsed);
  const auto format = row_format(dataset);
  format->open("a,b\n1,2\n", true);
  return 0;
}
