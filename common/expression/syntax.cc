#include "common/expression/syntax.h"

#include <cctype>
#include <optional>

namespace sluice {
namespace {

constexpr int kMaxDepth = 50;

struct Failure {
  std::string message;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Syntax whole() {
    Syntax out = either();
    skip_spaces();
    if (at_ != text_.size()) complain("nothing more was expected");
    return out;
  }

 private:
  [[noreturn]] void complain(const std::string& what) const {
    const std::string near(text_.substr(at_, 12));
    throw Failure{what + (near.empty() ? " at the end" : " at \"" + near + "\"")};
  }
  void skip_spaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  static bool is_letter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }
  std::string_view peek_word() {
    skip_spaces();
    std::size_t end = at_;
    while (end < text_.size() && is_letter(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    at_ += word.size();
    return true;
  }
  bool take(std::string_view sign) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  static Syntax call(std::string sign, Syntax a, std::optional<Syntax> b = std::nullopt) {
    Syntax out;
    out.kind = Syntax::Kind::kCall;
    out.is_operator = true;
    out.text = std::move(sign);
    out.arguments.push_back(std::move(a));
    if (b) out.arguments.push_back(*std::move(b));
    return out;
  }

  Syntax either() {
    if (++depth_ > kMaxDepth) complain("it is nested too deeply");
    Syntax out = both();
    while (take_word("or")) out = call("or", std::move(out), both());
    --depth_;
    return out;
  }
  Syntax both() {
    Syntax out = negation();
    while (take_word("and")) out = call("and", std::move(out), negation());
    return out;
  }
  Syntax negation() {
    if (!take_word("not")) return comparison();
    if (++depth_ > kMaxDepth) complain("it is nested too deeply");
    Syntax out = call("not", negation());
    --depth_;
    return out;
  }
  Syntax comparison() {
    Syntax out = sum();
    for (const char* sign : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (take(sign)) return call(sign, std::move(out), sum());
    }
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '=') complain("\"==\" compares; \"=\" means nothing");
    return out;
  }
  Syntax sum() {
    Syntax out = term();
    while (true) {
      if (take("+")) {
        out = call("+", std::move(out), term());
      } else if (take("-")) {
        out = call("-", std::move(out), term());
      } else {
        return out;
      }
    }
  }
  Syntax term() {
    Syntax out = factor();
    while (true) {
      if (take("*")) {
        out = call("*", std::move(out), factor());
      } else if (take("/")) {
        out = call("/", std::move(out), factor());
      } else {
        return out;
      }
    }
  }
  Syntax factor() {
    skip_spaces();
    if (at_ == text_.size()) complain("a value was expected");
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      Syntax out = either();
      if (!take(")")) complain("\")\" was expected");
      return out;
    }
    if (c == '-') {
      ++at_;
      if (++depth_ > kMaxDepth) complain("it is nested too deeply");
      Syntax out = call("neg", factor());
      --depth_;
      return out;
    }
    if (c == '"' || c == '\'') return quoted(c);
    if (std::isdigit(static_cast<unsigned char>(c))) return number();
    return name();
  }
  Syntax quoted(char quote) {
    Syntax out;
    out.kind = Syntax::Kind::kText;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out.text.push_back(text_[at_]);
    }
    if (at_ == text_.size()) complain("the text has no closing quote");
    ++at_;
    return out;
  }
  Syntax number() {
    Syntax out;
    out.kind = Syntax::Kind::kNumber;
    while (at_ < text_.size() && (std::isdigit(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.')) {
      out.text.push_back(text_[at_++]);
    }
    return out;
  }
  Syntax name() {
    const std::string word(peek_word());
    if (word.empty()) complain("a value was expected");
    at_ += word.size();
    Syntax out;
    out.text = word;
    if (word == "true" || word == "false" || word == "null") {
      out.kind = Syntax::Kind::kWord;
      return out;
    }
    if (!take("(")) {
      out.kind = Syntax::Kind::kName;
      return out;
    }
    out.kind = Syntax::Kind::kCall;
    if (!clause_or_end()) out.arguments = list();
    if (take_word("by")) out.by = list();
    if (take_word("per")) {
      do {
        const std::string column(peek_word());
        if (column.empty()) complain("a column was expected");
        at_ += column.size();
        out.per.push_back(column);
      } while (take(","));
    }
    if (take_word("where")) out.where.push_back(either());
    if (!take(")")) complain("\")\" was expected");
    return out;
  }
  bool clause_or_end() {
    const std::string_view word = peek_word();
    return word == "by" || word == "per" || word == "where" ||
           (at_ < text_.size() && text_[at_] == ')');
  }
  std::vector<Syntax> list() {
    std::vector<Syntax> out;
    do {
      out.push_back(either());
    } while (take(","));
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<Syntax> parse_syntax(std::string_view text) try {
  return Parser(text).whole();
} catch (const Failure& failure) {
  return fail("in \"" + std::string(text) + "\": " + failure.message);
}

}  // namespace sluice
