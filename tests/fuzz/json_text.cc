// JSON that we write by hand: any text reads back, by each of the readers that we use.

#include <nlohmann/json.hpp>
#include <simdjson.h>

#include "common/base/json_text.h"
#include "common/rows/row_reader.h"
#include "common/rows/value_tree.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string good = valid_utf8(text);
  LAW("what is made valid is valid", is_valid_utf8(good) && simdjson::validate_utf8(good));
  LAW("valid text stays as it is", is_valid_utf8(text) == (good == text));
  LAW("two opinions on UTF-8 agree", is_valid_utf8(text) == simdjson::validate_utf8(text.data(), text.size()));
  const std::string printable = printable_row(text);
  LAW("any row can be printed", is_valid_utf8(printable));
  const bool has_nul = text.find('\0') != std::string_view::npos;
  LAW("Postgres can hold any row that is printed", printable.find('\0') == std::string::npos);
  LAW("a valid row is printed as it is", !is_valid_utf8(text) || has_nul || printable == text);

  std::string json;
  append_json_string(json, good);
  LAW("nlohmann reads what is written", nlohmann::json::parse(json) == nlohmann::json(good));
  simdjson::dom::parser parser;
  std::string_view read;
  LAW("simdjson reads what is written", parser.parse(json).get(read) == simdjson::SUCCESS && read == good);
  ValueTree tree;
  const auto root = tree.add_json(json);
  if (good.find('\0') != std::string::npos) {
    LAW("a text with a NUL is refused", !root);
  } else {
    LAW("our own parser reads what is written", root && tree[*root].kind == ValueKind::kText && tree[*root].text == good);
  }
  return 0;
}
