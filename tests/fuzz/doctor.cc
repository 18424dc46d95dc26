// The file doctor on a file of which nothing is known: finding the encoding, the dialect and the columns. What it
// proposes is a good definition, and the receipt balances.

#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/base/text_bytes.h"
#include "common/definition/definition_parser.h"
#include "common/doctor/diagnose.h"
#include "common/doctor/diagnosis_json.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TextBytes bytes(std::string(reinterpret_cast<const char*>(data), size));
  const auto diagnosis = doctor::diagnose(bytes, "in/some file.txt", nullptr, {"some_file"});
  LAW("a receipt balances", diagnosis.rows == diagnosis.records + diagnosis.dead_letters + diagnosis.duplicates +
                                                  diagnosis.corrections);
  LAW("a diagnosis is JSON", nlohmann::json::accept(doctor::to_json(diagnosis)));
  LAW("a file is read, or there is a reason", !diagnosis.error.empty() || !diagnosis.proposal.empty());
  LAW("a reason is UTF-8", is_valid_utf8(diagnosis.error));
  std::uint64_t by_rule = 0;
  for (const auto& [rule, count] : diagnosis.dead_letters_by_rule) by_rule += count;
  LAW("each dead letter has its rule", by_rule == diagnosis.dead_letters);
  for (const auto& row : diagnosis.first_dead_letters) LAW("a dead row is printable", is_valid_utf8(row.row));
  if (!diagnosis.proposal.empty()) {
    const auto parsed = parse_definition(diagnosis.proposal, "p.yaml");
    if (!parsed) std::fprintf(stderr, "%s\n%s\n", to_string(parsed.error().front()).c_str(), diagnosis.proposal.c_str());
    LAW("what is proposed is a good definition", parsed.has_value());
    LAW("it takes the file", takes_file(*parsed, "some file.txt"));
    LAW("it has a name of its own", parsed->name != "some_file");
  }
  return 0;
}
