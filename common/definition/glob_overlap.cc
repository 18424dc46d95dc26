#include "common/definition/glob_overlap.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include <fnmatch.h>

namespace sluice {
namespace {

using Bytes = std::bitset<256>;

// Patterns whose lengths give more when multiplied are not compared: no folder has files of such names.
constexpr std::size_t kMostPlaces = 1'000'000;

// What stands in a pattern for any number of characters, or for one of some.
struct Part {
  bool star = false;
  Bytes one_of;
};

std::size_t number(char c) { return static_cast<unsigned char>(c); }

Bytes any_byte() {
  Bytes out;
  out.set();
  out.reset(number('\0'));
  out.reset(number('/'));
  return out;
}

// Behind the "]" of the class that begins at `open`; npos: it is never closed, and "[" stands for itself.
std::size_t end_of_class(std::string_view pattern, std::size_t open) {
  std::size_t at = open + 1;
  if (at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^')) ++at;
  for (bool first = true; at < pattern.size(); first = false) {
    const char c = pattern[at];
    if (c == ']' && !first) return at + 1;
    const char kind = c == '[' && at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    const bool named = kind == ':' || kind == '.' || kind == '=';
    const std::array<char, 2> end = {kind, ']'};
    const std::size_t close =
        named ? pattern.find(std::string_view(end.data(), end.size()), at + 2) : std::string_view::npos;
    at = close != std::string_view::npos ? close + 2 : at + (c == '\\' ? 2 : 1);
  }
  return std::string_view::npos;
}

// What a class takes is asked of the one that will read it.
Bytes bytes_of_class(const std::string& text) {
  Bytes out;
  for (std::size_t byte = 1; byte < out.size(); ++byte) {
    const std::array<char, 2> name = {static_cast<char>(byte), '\0'};
    out[byte] = ::fnmatch(text.c_str(), name.data(), 0) == 0;
  }
  return out & any_byte();
}

std::vector<Part> parts_of(std::string_view pattern) {
  std::vector<Part> out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t end = pattern[at] == '[' ? end_of_class(pattern, at) : std::string_view::npos;
    if (pattern[at] == '*') {
      if (out.empty() || !out.back().star) out.push_back({true, any_byte()});
      ++at;
    } else if (pattern[at] == '?') {
      out.push_back({false, any_byte()});
      ++at;
    } else if (end != std::string_view::npos) {
      out.push_back({false, bytes_of_class(std::string(pattern.substr(at, end - at)))});
      at = end;
    } else {
      if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
      out.push_back({false, {}});
      if (pattern[at] != '\0' && pattern[at] != '/') out.back().one_of.set(number(pattern[at]));  // no name holds these
      ++at;
    }
  }
  return out;
}

// Of some bytes the one that reads best in a name.
char best_of(const Bytes& bytes) {
  constexpr std::string_view kOrder =
      "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_-.";
  const auto good = std::ranges::find_if(kOrder, [&](char c) { return bytes[number(c)]; });
  if (good != kOrder.end()) return *good;
  std::size_t byte = ' ';
  while (byte < bytes.size() && !bytes[byte]) ++byte;
  for (std::size_t low = 1; byte == bytes.size(); ++low) {
    if (bytes[low]) byte = low;
  }
  return static_cast<char>(byte);
}

// Both patterns walked at once, by names that grow: a search in breadth over how far each has come.
class Walk {
 public:
  Walk(std::vector<Part> a, std::vector<Part> b)
      : a_(std::move(a)), b_(std::move(b)), seen_((a_.size() + 1) * (b_.size() + 1) * 2) {}

  std::optional<std::string> shortest() {
    note({0, 0, false, '\0', kNone}, true);
    while (!queue_.empty()) {
      const std::size_t at = queue_.front();
      queue_.pop_front();
      const Step step = steps_[at];
      bool& done = done_of(step);
      if (done) continue;
      done = true;
      if (step.a == a_.size() && step.b == b_.size() && step.begun) return name_up_to(at);
      go_on(at, step);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Step {
    std::size_t a, b;  // parts behind it
    bool begun;        // the name has a character
    char added;        // the name's last character, '\0': none was added
    std::size_t before;
  };
  struct Flag {
    bool set = false;
  };

  bool& done_of(const Step& step) { return seen_[(step.a * (b_.size() + 1) + step.b) * 2 + (step.begun ? 1 : 0)].set; }

  void note(const Step& step, bool first) {
    if (done_of(step)) return;
    steps_.push_back(step);
    if (first) {
      queue_.push_front(steps_.size() - 1);
    } else {
      queue_.push_back(steps_.size() - 1);
    }
  }

  void go_on(std::size_t at, const Step& step) {
    const Part* a = step.a < a_.size() ? &a_[step.a] : nullptr;
    const Part* b = step.b < b_.size() ? &b_[step.b] : nullptr;
    // A star may stand for nothing more.
    if (a != nullptr && a->star) note({step.a + 1, step.b, step.begun, '\0', at}, true);
    if (b != nullptr && b->star) note({step.a, step.b + 1, step.begun, '\0', at}, true);
    if (a == nullptr || b == nullptr) return;
    Bytes both = a->one_of & b->one_of;
    if (!step.begun) both.reset(number('.'));
    if (both.none()) return;
    note({step.a + (a->star ? 0 : 1), step.b + (b->star ? 0 : 1), true, best_of(both), at}, false);
  }

  std::string name_up_to(std::size_t at) const {
    std::string out;
    for (; at != kNone; at = steps_[at].before) {
      if (steps_[at].added != '\0') out += steps_[at].added;
    }
    std::ranges::reverse(out);
    return out;
  }

  std::vector<Part> a_, b_;
  std::vector<Flag> seen_;
  std::vector<Step> steps_;
  std::deque<std::size_t> queue_;
};

}  // namespace

std::optional<std::string> name_in_both(std::string_view a, std::string_view b) {
  auto of_a = parts_of(a), of_b = parts_of(b);
  if ((of_a.size() + 1) * (of_b.size() + 1) > kMostPlaces) return std::nullopt;
  return Walk(std::move(of_a), std::move(of_b)).shortest();
}

}  // namespace sluice
