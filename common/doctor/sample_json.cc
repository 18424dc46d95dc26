// JSON in lines or in an array: the members of its objects, and of the objects in them.
#include <memory>
#include <set>

#include "common/doctor/sample_builder.h"
#include "common/rows/json_space.h"
#include "common/rows/row_format.h"
#include "common/rows/value_path.h"
#include "common/rows/value_tree.h"

namespace sluice::doctor {
namespace {

constexpr int kDeepest = 5;

bool is_list_of_plain_values(const ValueTree& tree, std::uint32_t list) {
  for (std::uint32_t at = list + 1; at < tree[list].next; at = tree[at].next) {
    if (tree[at].kind == ValueKind::kList || tree[at].kind == ValueKind::kObject) return false;
  }
  return true;
}

SampleKind kind_of(const ValueTree& tree, std::uint32_t node) {
  switch (tree[node].kind) {
    case ValueKind::kNumber: return SampleKind::kNumber;
    case ValueKind::kBoolean: return SampleKind::kBoolean;
    case ValueKind::kList:
      return is_list_of_plain_values(tree, node) ? SampleKind::kList : SampleKind::kNested;
    case ValueKind::kObject: return SampleKind::kNested;
    default: return SampleKind::kText;
  }
}

// Whether a field's path leads to a member of this name.
bool can_be_named(std::string_view name) {
  return name.find_first_of("[]()") == std::string_view::npos && ValuePath::parse(name);
}

void add_object(const ValueTree& tree, std::uint32_t object, const std::string& path, int depth,
                SampleBuilder& builder) {
  for (std::uint32_t at = object + 1; at < tree[object].next; at = tree[at + 1].next) {
    const std::string name(tree[at].text);
    const std::uint32_t value = at + 1;
    if (!can_be_named(name)) continue;
    const std::string source = path.empty() ? name : path + "." + name;
    if (tree[value].kind == ValueKind::kObject && depth < kDeepest) {
      add_object(tree, value, source, depth + 1, builder);
    } else if (tree[value].kind == ValueKind::kNull) {
      builder.column(source);
    } else {
      builder.add(source, kind_of(tree, value), tree[value].text);
    }
  }
}

}  // namespace

Result<bool> sample_json(std::string_view text, bool at_end, Sample& sample) {
  auto plain = std::make_shared<Dataset>();
  plain->format = sample.format;
  const auto format = row_format(plain);
  const auto opening = format->open(text, at_end);
  if (!opening) return tl::unexpected(opening.error());
  if (!*opening) return true;
  text.remove_prefix((*opening)->consumed);
  SplitResult split;
  format->split(text, at_end, 1, 0, split);
  SampleBuilder builder(sample);
  ValueTree tree;
  for (const RawRow& row : split.rows) {
    if (builder.full()) break;
    std::string_view object = without_json_space(text.substr(row.begin, row.end - row.begin));
    if (object.ends_with(',')) object.remove_suffix(1);
    tree.clear();
    const auto root = tree.add_json(object);
    if (!root || tree[*root].kind != ValueKind::kObject) continue;
    builder.begin_row();
    add_object(tree, *root, "", 1, builder);
  }
  // What is an object in some rows and null in others is no column of its own.
  std::set<std::string> sources;
  for (const SampleColumn& column : sample.columns) sources.insert(column.source);
  std::erase_if(sample.columns, [&](const SampleColumn& column) {
    const auto below = sources.lower_bound(column.source + ".");
    return below != sources.end() && below->starts_with(column.source + ".");
  });
  return true;
}

}  // namespace sluice::doctor
