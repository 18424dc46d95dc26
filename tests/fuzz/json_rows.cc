// NDJSON and JSON: rows, nested values and paths into them. The first byte says which.

#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/row_laws.h"

using namespace sluice;

namespace {

std::shared_ptr<const Dataset> dataset(std::size_t number) {
  static const auto made_as = [](const std::string& format) {
    return fuzz::dataset_of(
        "dataset: d\nsource: { files: \"*.json\" }\nformat: " + format +
        "\nkey: [id]\nevent_time: at\nrecords: { postgres: {} }\nfields:\n"
        "  id: { type: string, required: true }\n  n: { type: integer, from: user.n }\n"
        "  x: { type: decimal, quoted: true }\n  ok: { type: boolean }\n"
        "  at: { type: timestamp, required: true, formats: [\"%Y-%m-%dT%H:%M:%S%z\"] }\n"
        "  names: { type: string, from: \"companies[].name\" }\n"
        "  size: { type: integer, from: count(companies) }\n  tags: { type: list, from: user.tags }\n");
  };
  static const std::shared_ptr<const Dataset> made[] = {made_as("ndjson"), made_as("json")};
  return made[number % std::size(made)];
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const auto chosen = dataset(choices.byte());
  fuzz::check_file(chosen, choices.rest());
  return 0;
}
