// Expressions of definitions: any text is a tree or an error in words, and a tree gives values of its type, null
// only where it says so. (Keys of tables are what says so wrongly would break.)

#include <algorithm>

#include "common/base/json_text.h"
#include "common/expression/evaluator.h"
#include "common/expression/typing.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

constexpr __int128 kMostUnits = [] {
  __int128 out = 1;
  for (int i = 0; i < kMaxDecimalDigits; ++i) out *= 10;
  return out - 1;
}();

struct Column {
  const char* name;
  ColumnType type;
  bool is_list;
  std::vector<Cell> cells;  // what it may hold; a name in capitals may be null too
};

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {
      {"t", ColumnType::kString, false, {std::string_view("Zürich/ÉTÉ"), std::string_view("")}},
      {"i", ColumnType::kInteger, false, {std::int64_t{0}, INT64_MAX, INT64_MIN, std::int64_t{-7}}},
      {"x", ColumnType::kDecimal, false, {Decimal{1150, 2}, Decimal{kMostUnits, 0}, Decimal{-1, 38}, Decimal{}}},
      {"b", ColumnType::kBoolean, false, {true, false}},
      {"d", ColumnType::kDate, false, {Date{17167}, Date{-719162}, Date{2932896}}},
      {"a", ColumnType::kTimestamp, false, {Instant{1'483'288'496'000'001}, Instant{-62'135'596'800'000'000}}},
      {"l", ColumnType::kString, true, {std::string_view(R"(["A","B; C",""])"), std::string_view("[]")}},
      {"T", ColumnType::kString, false, {Cell{}, std::string_view("x")}},
      {"I", ColumnType::kInteger, false, {Cell{}, std::int64_t{3}}},
      {"X", ColumnType::kDecimal, false, {Cell{}, Decimal{5, 1}}},
      {"B", ColumnType::kBoolean, false, {Cell{}, true}},
      {"D", ColumnType::kDate, false, {Cell{}, Date{1}}},
      {"A", ColumnType::kTimestamp, false, {Cell{}, Instant{-1}}},
      {"L", ColumnType::kString, true, {Cell{}, std::string_view(R"(["z"])")}}};
  return all;
}

bool has_type(const Cell& cell, ColumnType type) {
  switch (type) {
    case ColumnType::kString: return std::holds_alternative<std::string_view>(cell);
    case ColumnType::kInteger: return std::holds_alternative<std::int64_t>(cell);
    // A whole number is a decimal too.
    case ColumnType::kDecimal: return std::holds_alternative<Decimal>(cell) || std::holds_alternative<std::int64_t>(cell);
    case ColumnType::kBoolean: return std::holds_alternative<bool>(cell);
    case ColumnType::kDate: return std::holds_alternative<Date>(cell);
    case ColumnType::kTimestamp: return std::holds_alternative<Instant>(cell);
  }
  return false;
}

void check_tree(const ExpressionPtr& tree, std::size_t turn) {
  std::vector<Cell> row;
  for (const Column& column : columns()) row.push_back(column.cells[turn % column.cells.size()]);
  Evaluator evaluator;
  const Cell value = evaluator.cell(*tree, row);
  LAW("a value is null only where its expression may be", !is_null(value) || tree->nullable);
  LAW("a value has its expression's type", is_null(value) || has_type(value, tree->type));
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    LAW("a text is UTF-8", is_valid_utf8(*text));
    if (tree->is_list) list_items(*text);
  }
  if (const auto* number = std::get_if<Decimal>(&value)) LAW("a number can be stored", parse_decimal(to_string(*number)));
  evaluator.is_true(*tree, row);
  // The same tree over other places gives the same.
  std::vector<Cell> reversed(row.rbegin(), row.rend());
  const auto moved = renumbered(tree, [&](std::size_t column) { return row.size() - 1 - column; });
  const Cell again = evaluator.cell(*moved, reversed);
  LAW("a tree over other places gives the same", again == value);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!is_valid_utf8(text)) return 0;  // a definition's scalar is UTF-8
  const auto syntax = parse_syntax(text);
  if (!syntax) {
    LAW("a refusal says why", !syntax.error().message.empty());
    return 0;
  }
  Names names;
  names.name = [](const std::string& name) -> Result<ExpressionPtr> {
    const auto& all = columns();
    const auto found = std::ranges::find_if(all, [&](const Column& c) { return c.name == name; });
    if (found == all.end()) return fail("there is no column " + name);
    return column_expression(static_cast<std::size_t>(found - all.begin()), found->type,
                             is_null(found->cells.front()), found->is_list);
  };
  const auto tree = typed(*syntax, names);
  if (!tree) {
    LAW("a refusal says why", !tree.error().message.empty());
    return 0;
  }
  LAW("equal trees have one text", canonical_text(**tree) == canonical_text(**typed(*syntax, names)));
  for (std::size_t turn = 0; turn < 4; ++turn) check_tree(*tree, turn);
  return 0;
}
