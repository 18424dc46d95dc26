#include "common/doctor/proposed_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostOfName = 40;

struct Letters {
  std::uint32_t first, last;  // code points
  std::string_view plain;
};

// Latin letters with accents, both cases; the German umlauts as German writes them without.
constexpr std::array kLetters = {
    Letters{0xC4, 0xC4, "ae"},   Letters{0xE4, 0xE4, "ae"},   Letters{0xD6, 0xD6, "oe"},   Letters{0xF6, 0xF6, "oe"},
    Letters{0xDC, 0xDC, "ue"},   Letters{0xFC, 0xFC, "ue"},   Letters{0xDF, 0xDF, "ss"},   Letters{0x1E9E, 0x1E9E, "ss"},
    Letters{0xC6, 0xC6, "ae"},   Letters{0xE6, 0xE6, "ae"},   Letters{0xDE, 0xDE, "th"},   Letters{0xFE, 0xFE, "th"},
    Letters{0xC0, 0xC5, "a"},    Letters{0xE0, 0xE5, "a"},    Letters{0xC7, 0xC7, "c"},    Letters{0xE7, 0xE7, "c"},
    Letters{0xC8, 0xCB, "e"},    Letters{0xE8, 0xEB, "e"},    Letters{0xCC, 0xCF, "i"},    Letters{0xEC, 0xEF, "i"},
    Letters{0xD0, 0xD0, "d"},    Letters{0xF0, 0xF0, "d"},    Letters{0xD1, 0xD1, "n"},    Letters{0xF1, 0xF1, "n"},
    Letters{0xD2, 0xD6, "o"},    Letters{0xF2, 0xF6, "o"},    Letters{0xD8, 0xD8, "o"},    Letters{0xF8, 0xF8, "o"},
    Letters{0xD9, 0xDC, "u"},    Letters{0xF9, 0xFC, "u"},    Letters{0xDD, 0xDD, "y"},    Letters{0xFD, 0xFD, "y"},
    Letters{0xFF, 0xFF, "y"},    Letters{0x100, 0x105, "a"},  Letters{0x106, 0x10D, "c"},  Letters{0x10E, 0x111, "d"},
    Letters{0x112, 0x11B, "e"},  Letters{0x11C, 0x123, "g"},  Letters{0x124, 0x127, "h"},  Letters{0x128, 0x131, "i"},
    Letters{0x132, 0x133, "ij"}, Letters{0x134, 0x135, "j"},  Letters{0x136, 0x138, "k"},  Letters{0x139, 0x142, "l"},
    Letters{0x143, 0x14B, "n"},  Letters{0x14C, 0x151, "o"},  Letters{0x152, 0x153, "oe"}, Letters{0x154, 0x159, "r"},
    Letters{0x15A, 0x161, "s"},  Letters{0x162, 0x167, "t"},  Letters{0x168, 0x173, "u"},  Letters{0x174, 0x175, "w"},
    Letters{0x176, 0x178, "y"},  Letters{0x179, 0x17E, "z"},  Letters{0x17F, 0x17F, "s"},  Letters{0x218, 0x219, "s"},
    Letters{0x21A, 0x21B, "t"},
};

// The next character of a text that may be no UTF-8; 0: a byte that is none.
std::uint32_t next_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(0);
  const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  std::uint32_t out = more == 3 ? lead & 0x07U : more == 2 ? lead & 0x0FU : more == 1 ? lead & 0x1FU : lead;
  bool good = (lead < 0x80 || more > 0) && more < text.size();
  for (std::size_t i = 1; i <= more && good; ++i) {
    good = (byte(i) & 0xC0U) == 0x80;
    out = (out << 6U) | (byte(i) & 0x3FU);
  }
  if (!good) {
    text.remove_prefix(1);
    return 0;
  }
  text.remove_prefix(1 + more);
  return out;
}

bool is_combining(std::uint32_t c) { return c >= 0x300 && c <= 0x36F; }

// "maerz_report_final"
std::string plain_name(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::uint32_t c = next_character(text);
    if (c < 0x80 && std::isalnum(static_cast<int>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<int>(c)));
      continue;
    }
    // A letter and its accent apart, as some disks write names.
    if (is_combining(c)) {
      if (c == 0x308 && !out.empty() && std::string_view("aou").find(out.back()) != std::string_view::npos) out += 'e';
      continue;
    }
    const auto letter = std::ranges::find_if(kLetters, [c](const Letters& l) { return c >= l.first && c <= l.last; });
    if (letter != kLetters.end()) {
      out += letter->plain;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// Up to the first digit, without what stands around a copy's number: "report (2)".
std::string up_to_a_number(std::string_view text) {
  std::string out(text.substr(0, std::ranges::find_if(text, is_digit) - text.begin()));
  if (out.size() < text.size()) {
    while (!out.empty() && (out.back() == ' ' || out.back() == '(')) out.pop_back();
  }
  return out;
}

struct FileName {
  bool words_first = true;
  std::string words;
  std::string ending;
};

FileName taken_apart(std::string name) {
  for (const char* packed : {".gz", ".zst", ".xz", ".bz2"}) {
    if (name.ends_with(packed)) name.resize(name.size() - std::string_view(packed).size());
  }
  const std::size_t dot = std::min(name.rfind('.'), name.size());
  FileName out{true, up_to_a_number(std::string_view(name).substr(0, dot)), name.substr(dot)};
  if (std::ranges::any_of(out.words, is_letter)) return out;
  const std::string_view stem = std::string_view(name).substr(0, dot);
  const auto letter = std::ranges::find_if(stem, is_letter);
  out.words_first = false;
  out.words = up_to_a_number(stem.substr(static_cast<std::size_t>(letter - stem.begin())));
  return out;
}

}  // namespace

std::string name_from(std::string_view text, std::string_view otherwise, std::set<std::string>& taken) {
  std::string name = plain_name(text);
  if (name.empty()) {
    name = otherwise;
  } else if (name[0] < 'a') {
    name = fmt::format("{}_{}", otherwise, name);
  }
  name.resize(std::min(name.size(), kMostOfName));
  // Words that YAML reads as something else.
  if (name == "null" || name == "true" || name == "false") name += '_';
  std::string out = name;
  for (int i = 2; !taken.insert(out).second; ++i) out = fmt::format("{}_{}", name, i);
  return out;
}

std::string words_of(const std::string& file_name) { return taken_apart(file_name).words; }

std::string pattern_for(const std::string& file_name) {
  const FileName name = taken_apart(file_name);
  std::string pattern = file_name;
  if (!name.words.empty() && (name.words_first || !file_name.starts_with('.'))) {
    pattern = (name.words_first ? "" : "*") + name.words + "*" + name.ending;
  }
  std::ranges::replace_if(pattern, [](char c) { return c == '[' || c == ']' || c == '\\'; }, '?');
  return pattern;
}

}  // namespace sluice::doctor
