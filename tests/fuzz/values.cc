// Nested values, as JSON and as Python writes them, and paths into them. A line is a path; the rest is the value.

#include <nlohmann/json.hpp>

#include "common/base/json_text.h"
#include "common/rows/value_path.h"
#include "common/rows/value_tree.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

// Whether another reader takes it, too. That one holds numbers as doubles and stops at 1e400, which is good JSON.
bool is_json(std::string_view text) {
  try {
    return !nlohmann::json::parse(text).is_discarded();
  } catch (const nlohmann::json::out_of_range&) {
    return true;
  } catch (const nlohmann::json::parse_error&) {
    return false;
  }
}

std::string json_of(const ValueTree& tree, std::uint32_t root) {
  std::string out;
  tree.append_json(root, out);
  return out;
}

void check_nodes(const ValueTree& tree, std::uint32_t root) {
  const std::uint32_t next = tree[root].next;
  LAW("a node ends behind its beginning", next > root);
  if (tree[root].kind != ValueKind::kList && tree[root].kind != ValueKind::kObject) return;
  for (std::uint32_t node = root + 1; node != next; node = tree[node].next) {
    LAW("a node lies in its parent", node < next);
    check_nodes(tree, node);
  }
}

void check_path(std::string_view path_text, ValueTree& tree, std::uint32_t root) {
  for (const bool as_list : {false, true}) {
    const auto path = ValuePath::parse(path_text, as_list);
    if (!path) {
      LAW("a refusal says why", !path.error().message.empty());
      continue;
    }
    if (!path->is_plain()) path->tail();
    std::string scratch;
    const auto found = path->find(tree, root, scratch);
    LAW("a value that is not found has a reason", found || !found.error().message.empty());
    if (!found) continue;
    LAW("what is found is UTF-8", is_valid_utf8(found->text));
    if (as_list && !found->text.empty()) {
      const auto list = nlohmann::json::parse(found->text, nullptr, false);
      LAW("a list is a JSON array of texts",
          list.is_array() && std::ranges::all_of(list, [](const auto& item) { return item.is_string(); }));
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::string_view path = choices.line(), text = choices.rest();
  if (!is_valid_utf8(text) || !is_valid_utf8(path)) return 0;
  ValueTree tree;
  if (const auto root = tree.add_json(text)) {
    check_nodes(tree, *root);
    const std::string json = json_of(tree, *root);
    LAW("what we take for JSON is JSON", is_json(text) && is_json(json));
    ValueTree second;
    const auto again = second.add_json(json);
    LAW("JSON that is written reads back", again && json_of(second, *again) == json);
    check_path(path, tree, *root);
  } else {
    LAW("a refusal says why", !root.error().message.empty());
  }
  ValueTree python;
  if (const auto root = python.add_python(text)) {
    check_nodes(python, *root);
    const std::string json = json_of(python, *root);
    LAW("a Python literal becomes JSON", is_json(json));
    const auto direct = python_literal_to_json(text);
    LAW("the same by the short way", direct && *direct == json);
    check_path(path, python, *root);
  } else {
    LAW("a refusal says why", !root.error().message.empty());
  }
  return 0;
}
