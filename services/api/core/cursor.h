#pragma once
// The bytes of a cursor: base64url of a small JSON document. Pure; says nothing about what is in it
// being right, which parse_table_query checks.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::api {

struct Cursor {
  std::string table;
  std::string order;
  std::vector<std::optional<std::string>> values;
};

std::string encode(const Cursor& cursor);
// nullopt: not a cursor of ours.
std::optional<Cursor> decode_cursor(std::string_view text);

}  // namespace sluice::api
