#include "common/rows/value_tree.h"

#include <fmt/format.h>

#include "common/base/json_text.h"
#include "common/rows/utf8.h"

namespace sluice {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

// A recursive descent over both notations; what differs is in words, strings and brackets.
class ValueParser {
 public:
  ValueParser(ValueTree& tree, std::string_view text, bool python)
      : tree_(tree), text_(text), python_(python) {}

  Result<std::uint32_t> whole() {
    const auto root = static_cast<std::uint32_t>(tree_.nodes_.size());
    skip_space();
    bool good = value(0);
    if (good) {
      skip_space();
      if (at_ != text_.size()) good = wrong("something stands behind the value");
    }
    if (good) return root;
    tree_.nodes_.resize(root);
    return sluice::fail(fmt::format("{} at byte {}", why_, at_ + 1));
  }

 private:
  bool wrong(std::string_view why) {
    if (why_.empty()) why_ = why;
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  void add(ValueKind kind, std::string_view text) {
    const auto next = static_cast<std::uint32_t>(tree_.nodes_.size() + 1);
    tree_.nodes_.push_back({kind, text, next});
  }

  bool value(int depth) {
    const char c = peek();
    if (depth > kMaxValueDepth) return wrong("values are nested too deeply");
    if (c == '{') return object(depth);
    if (c == '[') return list(depth, ']');
    if (c == '(' && python_) return list(depth, ')');
    if (c == '"' || (c == '\'' && python_)) return string();
    if (c == '-' || is_digit(c)) return number();
    return word();
  }

  bool word() {
    struct Word {
      std::string_view json, python;
      ValueKind kind;
    };
    static constexpr Word kWords[] = {{"true", "True", ValueKind::kBoolean},
                                      {"false", "False", ValueKind::kBoolean},
                                      {"null", "None", ValueKind::kNull}};
    for (const Word& w : kWords) {
      const std::string_view name = python_ ? w.python : w.json;
      if (!text_.substr(at_).starts_with(name)) continue;
      at_ += name.size();
      add(w.kind, w.json);
      return true;
    }
    return wrong(at_ == text_.size() ? "it ends where a value must stand" : "no value stands");
  }

  bool digits() {
    if (!is_digit(peek())) return wrong("a number lacks a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1])) {
      return wrong("a number begins with 0");
    }
    if (!digits()) return false;
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    add(ValueKind::kNumber, text_.substr(begin, at_ - begin));
    return true;
  }

  bool string() {
    const char quote = text_[at_++];
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != quote && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    if (peek() == quote && at_ < text_.size()) {
      add(ValueKind::kText, text_.substr(begin, at_++ - begin));
      return true;
    }
    std::string& out = scratch();
    out.assign(text_.substr(begin, at_ - begin));
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        add(ValueKind::kText, out);
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20 && (!python_ || c == '\0')) {
        return wrong("a text holds a control character");
      }
      ++at_;
      if (c != '\\') {
        out += c;
      } else if (!(python_ ? python_escape(out) : json_escape(out))) {
        return false;
      }
    }
    return wrong("a text does not end");
  }

  std::string& scratch() {
    if (tree_.unescaped_used_ == tree_.unescaped_.size()) tree_.unescaped_.emplace_back();
    return tree_.unescaped_[tree_.unescaped_used_++];
  }

  bool hex(int digits, std::uint32_t& code) {
    code = 0;
    for (int i = 0; i < digits; ++i) {
      const int digit = hex_value(peek());
      if (digit < 0) return wrong("an escape lacks a hexadecimal digit");
      code = code * 16 + static_cast<std::uint32_t>(digit);
      ++at_;
    }
    return true;
  }

  bool character(std::uint32_t code, std::string& out) {
    if (code == 0) return wrong("a text holds a NUL character");
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
      return wrong("an escape is no character");
    }
    append_utf8(out, code);
    return true;
  }

  bool json_escape(std::string& out) {
    const char c = peek();
    if (at_ < text_.size()) ++at_;
    switch (c) {
      case '"': case '\\': case '/': out += c; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'u': break;
      default: return wrong("a text has an unknown escape");
    }
    std::uint32_t code = 0;
    if (!hex(4, code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      std::uint32_t low = 0;
      if (!hex(4, low)) return false;
      if (low < 0xDC00 || low >= 0xE000) return wrong("an escape is no character");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return character(code, out);
  }

  bool python_escape(std::string& out) {
    const char c = peek();
    if (at_ < text_.size()) ++at_;
    std::uint32_t code = 0;
    switch (c) {
      case '\n': return true;  // the line goes on
      case '\\': case '\'': case '"': out += c; return true;
      case 'a': out += '\a'; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'n': out += '\n'; return true;
      case 'r': out += '\r'; return true;
      case 't': out += '\t'; return true;
      case 'v': out += '\v'; return true;
      case 'x': return hex(2, code) && character(code, out);
      case 'u': return hex(4, code) && character(code, out);
      case 'U': return hex(8, code) && character(code, out);
      default: break;
    }
    if (c >= '0' && c <= '7') {
      code = static_cast<std::uint32_t>(c - '0');
      for (int i = 0; i < 2 && peek() >= '0' && peek() <= '7'; ++i) {
        code = code * 8 + static_cast<std::uint32_t>(text_[at_++] - '0');
      }
      return character(code, out);
    }
    out += '\\';  // Python keeps what it does not know
    if (c != '\0') --at_;
    return true;
  }

  bool list(int depth, char close) {
    const std::size_t begin = at_++;
    const std::size_t node = tree_.nodes_.size();
    add(ValueKind::kList, {});
    skip_space();
    while (peek() != close) {
      if (!value(depth + 1)) return false;
      skip_space();
      if (!comma_or(close)) return false;
    }
    return closed(node, begin);
  }

  bool object(int depth) {
    const std::size_t begin = at_++;
    const std::size_t node = tree_.nodes_.size();
    add(ValueKind::kObject, {});
    skip_space();
    while (peek() != '}') {
      const std::size_t name = tree_.nodes_.size();
      if (!value(depth + 1)) return false;
      if (!as_name(tree_.nodes_[name])) return wrong("a name is no text");
      skip_space();
      if (peek() != ':') return wrong("a colon is missing");
      ++at_;
      skip_space();
      if (!value(depth + 1)) return false;
      skip_space();
      if (!comma_or('}')) return false;
    }
    return closed(node, begin);
  }

  bool as_name(ValueNode& name) const {
    if (name.kind == ValueKind::kText) return true;
    if (!python_ || name.kind == ValueKind::kList || name.kind == ValueKind::kObject) return false;
    name.kind = ValueKind::kText;  // {16: 'Animation'}
    return true;
  }

  // Behind an item: a comma and what follows it, or the bracket that ends all.
  bool comma_or(char close) {
    if (peek() == close) return true;
    if (peek() != ',') {
      return wrong(at_ == text_.size() ? "a bracket does not close" : "a comma is missing");
    }
    ++at_;
    skip_space();
    if (peek() == close && !python_) return wrong("a comma stands before a bracket");
    return true;
  }

  bool closed(std::size_t node, std::size_t begin) {
    ++at_;
    tree_.nodes_[node].text = text_.substr(begin, at_ - begin);
    tree_.nodes_[node].next = static_cast<std::uint32_t>(tree_.nodes_.size());
    return true;
  }

  ValueTree& tree_;
  std::string_view text_;
  bool python_;
  std::size_t at_ = 0;
  std::string why_;
};

void ValueTree::clear() {
  nodes_.clear();
  unescaped_used_ = 0;
}

Result<std::uint32_t> ValueTree::add_json(std::string_view text) {
  return ValueParser(*this, text, false).whole();
}

Result<std::uint32_t> ValueTree::add_python(std::string_view text) {
  return ValueParser(*this, text, true).whole();
}

std::optional<std::uint32_t> ValueTree::member(std::uint32_t object, std::string_view name) const {
  std::optional<std::uint32_t> found;
  const std::uint32_t end = nodes_[object].next;
  for (std::uint32_t at = object + 1; at < end; at = nodes_[at + 1].next) {
    if (nodes_[at].text == name) found = at + 1;
  }
  return found;
}

void ValueTree::append_json(std::uint32_t node, std::string& out) const {
  const ValueNode& value = nodes_[node];
  const bool object = value.kind == ValueKind::kObject;
  switch (value.kind) {
    case ValueKind::kNull:
    case ValueKind::kBoolean:
    case ValueKind::kNumber: out += value.text; return;
    case ValueKind::kText: append_json_string(out, value.text); return;
    case ValueKind::kList:
    case ValueKind::kObject: break;
  }
  out += object ? '{' : '[';
  bool name = true;
  for (std::uint32_t at = node + 1; at < value.next; at = nodes_[at].next, name = !name) {
    if (at != node + 1) out += object && !name ? ':' : ',';
    append_json(at, out);
  }
  out += object ? '}' : ']';
}

Result<std::string> python_literal_to_json(std::string_view text) {
  ValueTree tree;
  const auto root = tree.add_python(text);
  if (!root) return tl::unexpected(root.error());
  std::string out;
  tree.append_json(*root, out);
  return out;
}

}  // namespace sluice
