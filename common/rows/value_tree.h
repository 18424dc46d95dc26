#pragma once
// Nested values, parsed from JSON or from a Python literal into one flat list of nodes. Numbers keep
// their exact text. Reused from row to row; one thread at a time.
//
// The parsers are strict: what is not wholly a value is an Error that names the byte. Depth is limited, so
// that no text can exhaust the stack.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

enum class ValueKind : std::uint8_t { kNull, kBoolean, kNumber, kText, kList, kObject };

inline constexpr int kMaxValueDepth = 256;

// Of an object, names (kText) and values follow each other; of a list, its items.
struct ValueNode {
  ValueKind kind = ValueKind::kNull;
  // A text without quotes and escapes; everything else as it stands in the source, but true and false.
  std::string_view text;
  std::uint32_t next = 0;  // behind the last node below this one
};

class ValueTree {
 public:
  void clear();
  // Adds the value and returns where it stands. `text` is valid UTF-8 and outlives the tree's use. A
  // text with \u0000 is refused: no column can hold it.
  Result<std::uint32_t> add_json(std::string_view text);
  // As Python's repr() writes dicts, lists, tuples, texts, numbers, None, True and False.
  Result<std::uint32_t> add_python(std::string_view text);

  const ValueNode& operator[](std::uint32_t node) const { return nodes_[node]; }
  // The value of that name in an object; of several the last, as JSON readers have it.
  std::optional<std::uint32_t> member(std::uint32_t object, std::string_view name) const;
  // Appends the value as JSON.
  void append_json(std::uint32_t node, std::string& out) const;

 private:
  friend class ValueParser;
  std::vector<ValueNode> nodes_;
  std::deque<std::string> unescaped_;  // texts that had escapes; reused
  std::size_t unescaped_used_ = 0;
};

// "[{'id': 16, 'name': 'Animation'}]" -> [{"id":16,"name":"Animation"}]
Result<std::string> python_literal_to_json(std::string_view text);

}  // namespace sluice
