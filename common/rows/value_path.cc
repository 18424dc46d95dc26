#include "common/rows/value_path.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "common/base/json_text.h"

namespace sluice {
namespace {

constexpr std::string_view kJoin = "; ";

std::string_view named(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull: return "null";
    case ValueKind::kBoolean: return "true or false";
    case ValueKind::kNumber: return "a number";
    case ValueKind::kText: return "a text";
    case ValueKind::kList: return "a list";
    case ValueKind::kObject: return "an object";
  }
  return "";
}

CellKind cell_kind(ValueKind kind) {
  switch (kind) {
    case ValueKind::kBoolean: return CellKind::kBoolean;
    case ValueKind::kNumber: return CellKind::kNumber;
    case ValueKind::kList:
    case ValueKind::kObject: return CellKind::kNested;
    default: return CellKind::kText;
  }
}

}  // namespace

struct ValuePath::Search {
  ValueTree& tree;
  std::vector<std::uint32_t> found;
  bool has_list = false;
  std::string why;
};

Result<ValuePath> ValuePath::parse(std::string_view text, bool as_list) {
  ValuePath out;
  if (text.starts_with("count(") && text.ends_with(')')) {
    out.count_ = true;
    text = text.substr(6, text.size() - 7);
  }
  out.text_ = text;
  for (std::size_t at = 0; at <= text.size();) {
    std::size_t end = std::min(text.find('.', at), text.size());
    Segment segment{at, end, false};
    if (text.substr(at, end - at).ends_with("[]")) {
      segment.each = true;
      segment.end -= 2;
    }
    if (segment.begin == segment.end) return fail(fmt::format("\"{}\" has an empty name", text));
    out.segments_.push_back(segment);
    at = end + 1;
  }
  out.as_list_ = as_list;
  if (as_list && (out.count_ || !out.has_each())) {
    if (out.count_) return fail(fmt::format("\"{}\" is a number, not a list", text));
    out.segments_.back().each = true;
  }
  return out;
}

std::string_view ValuePath::name(std::size_t first, std::size_t count) const {
  const std::size_t begin = segments_[first].begin;
  return std::string_view(text_).substr(begin, segments_[first + count - 1].end - begin);
}

ValuePath ValuePath::tail() const {
  ValuePath out = *this;
  out.each_first_ = segments_.front().each;
  out.segments_.erase(out.segments_.begin());
  return out;
}

// False: something on the way is of the wrong kind.
bool ValuePath::collect(Search& search, std::uint32_t node, std::size_t segment) const {
  const ValueTree& tree = search.tree;
  if (segment == segments_.size()) {
    if (tree[node].kind != ValueKind::kNull) search.found.push_back(node);
    return true;
  }
  if (tree[node].kind == ValueKind::kNull) return true;
  if (tree[node].kind == ValueKind::kText) {
    const auto inner = search.tree.add_json(tree[node].text);
    if (!inner) {
      search.why = "holds a text that is no JSON: " + inner.error().message;
      return false;
    }
    node = *inner;
    if (tree[node].kind == ValueKind::kNull) return true;
  }
  if (tree[node].kind != ValueKind::kObject) {
    search.why = fmt::format("has {} where an object with \"{}\" must stand",
                             named(tree[node].kind), name(segment, 1));
    return false;
  }
  for (std::size_t count = segments_.size() - segment; count > 0; --count) {
    const auto member = tree.member(node, name(segment, count));
    if (!member) continue;
    const std::size_t next = segment + count;
    if (!segments_[next - 1].each) return collect(search, *member, next);
    return collect_each(search, *member, next);
  }
  return true;
}

// The items of a list, each followed by the rest of the path.
bool ValuePath::collect_each(Search& search, std::uint32_t node, std::size_t segment) const {
  if (search.tree[node].kind == ValueKind::kNull) return true;
  if (search.tree[node].kind != ValueKind::kList) {
    search.why = fmt::format("has {} where a list must stand", named(search.tree[node].kind));
    return false;
  }
  search.has_list = true;
  const std::uint32_t end = search.tree[node].next;
  for (std::uint32_t item = node + 1; item < end; item = search.tree[item].next) {
    if (!collect(search, item, segment)) return false;
  }
  return true;
}

bool ValuePath::has_each() const {
  return each_first_ || std::ranges::any_of(segments_, &Segment::each);
}

Result<SourceCell> ValuePath::counted(const Search& search, bool many, std::string& scratch) {
  if (!many && search.found.empty()) return SourceCell{{}, CellKind::kNumber};
  std::size_t count = search.found.size();
  if (!many) {
    const std::uint32_t node = search.found.front();
    const ValueNode& value = search.tree[node];
    if (value.kind != ValueKind::kList && value.kind != ValueKind::kObject) {
      return fail(fmt::format("has {} where a list must stand", named(value.kind)));
    }
    count = 0;
    for (std::uint32_t item = node + 1; item < value.next; item = search.tree[item].next) ++count;
    if (value.kind == ValueKind::kObject) count /= 2;
  }
  scratch = std::to_string(count);
  return SourceCell{scratch, CellKind::kNumber};
}

Result<SourceCell> ValuePath::find(ValueTree& tree, std::uint32_t root, std::string& scratch) const {
  Search search{tree, {}, false, {}};
  const bool good = each_first_ ? collect_each(search, root, 0) : collect(search, root, 0);
  if (!good) return fail(std::move(search.why));
  const bool many = has_each();
  scratch.clear();
  if (count_) return counted(search, many, scratch);
  if (search.found.empty() && !(as_list_ && search.has_list)) return SourceCell{{}, CellKind::kText};
  if (!many) {
    const ValueNode& value = tree[search.found.front()];
    if (cell_kind(value.kind) != CellKind::kNested) return SourceCell{value.text, cell_kind(value.kind)};
    tree.append_json(search.found.front(), scratch);
    return SourceCell{scratch, CellKind::kNested};
  }
  return joined(search, scratch);
}

SourceCell ValuePath::joined(const Search& search, std::string& scratch) const {
  if (as_list_) scratch += '[';
  std::string text;
  for (const std::uint32_t node : search.found) {
    text.clear();
    if (cell_kind(search.tree[node].kind) == CellKind::kNested) {
      search.tree.append_json(node, text);
    } else {
      text = search.tree[node].text;
    }
    if (as_list_) {
      append_json_string(scratch, text);
      scratch += ',';
    } else {
      if (!scratch.empty()) scratch += kJoin;
      scratch += text;
    }
  }
  if (!as_list_) return SourceCell{scratch, CellKind::kText};
  if (scratch.size() > 1) scratch.pop_back();
  scratch += ']';
  return SourceCell{scratch, CellKind::kNested};
}

}  // namespace sluice
