// XML: where rows begin and end, and the cells of each.

#include "tests/fuzz/support/row_laws.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto dataset = fuzz::dataset_of(
      "dataset: d\nsource: { files: \"*.xml\" }\nformat: { xml: { row: doc } }\nkey: [title]\n"
      "records: { postgres: {} }\nfields:\n"
      "  title: { type: string, required: true }\n  id: { type: integer, from: \"@id\" }\n"
      "  links: { type: string, from: \"links/sublink[]\" }\n  size: { type: integer, from: count(links/sublink) }\n"
      "  kind: { type: string, from: links/sublink/@linktype }\n");
  fuzz::check_file(dataset, {reinterpret_cast<const char*>(data), size});
  return 0;
}
