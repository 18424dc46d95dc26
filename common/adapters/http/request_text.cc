#include "common/adapters/http/request_text.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

namespace sluice::http {
namespace {

constexpr std::size_t kMaxQueryParameters = 100;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// How many bytes follow the first one of a UTF-8 sequence, and what the second may be.
struct Utf8Lead {
  int following = -1;
  unsigned char second_min = 0x80, second_max = 0xBF;
};

Utf8Lead utf8_lead(unsigned char c) {
  if (c < 0x80) return {0};
  if (c >= 0xC2 && c <= 0xDF) return {1};
  if (c == 0xE0) return {2, 0xA0, 0xBF};
  if (c == 0xED) return {2, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {2};
  if (c == 0xF0) return {3, 0x90, 0xBF};
  if (c >= 0xF1 && c <= 0xF3) return {3};
  if (c == 0xF4) return {3, 0x80, 0x8F};
  return {};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Utf8Lead lead = utf8_lead(static_cast<unsigned char>(text[i]));
    if (lead.following < 0 || i + lead.following >= text.size()) return false;
    for (int k = 1; k <= lead.following; ++k) {
      const auto c = static_cast<unsigned char>(text[i + k]);
      const unsigned char low = k == 1 ? lead.second_min : 0x80;
      const unsigned char high = k == 1 ? lead.second_max : 0xBF;
      if (c < low || c > high) return false;
    }
    i += 1 + lead.following;
  }
  return true;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool all_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool parse_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value || target.query.size() == kMaxQueryParameters) return false;
    target.query.emplace_back(std::move(*name), std::move(*value));
  }
  return true;
}

struct HeaderCounts {
  int host = 0, content_length = 0, transfer_encoding = 0;
};

std::string why_field_is_refused(std::string_view line, HeaderCounts& counts) {
  if (line.front() == ' ' || line.front() == '\t') return "A header line is folded over two lines.";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return "A header line has no name.";
  const std::string_view name = line.substr(0, colon);
  if (name.find_first_of(" \t") != std::string_view::npos) {
    return "A header's name holds a space.";
  }
  const std::string_view value = trim(line.substr(colon + 1));
  if (equal_ignoring_case(name, "host")) ++counts.host;
  if (equal_ignoring_case(name, "content-length")) {
    ++counts.content_length;
    if (!all_digits(value)) return "Content-Length is not a number.";
  }
  if (equal_ignoring_case(name, "transfer-encoding")) {
    ++counts.transfer_encoding;
    if (!equal_ignoring_case(value, "chunked"))
      return "Only Transfer-Encoding: chunked is accepted.";
  }
  return {};
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else {
      out.push_back(text[i]);
    }
  }
  if (out.find('\0') != std::string::npos || !is_utf8(out)) return std::nullopt;
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~')) {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::optional<Target> parse_target(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.starts_with(scheme)) {
      target.remove_prefix(scheme.size());
      const std::size_t slash = target.find('/');
      target = slash == std::string_view::npos ? "/" : target.substr(slash);
      break;
    }
  }
  if (target.empty() || target.front() != '/') return std::nullopt;
  target = target.substr(0, target.find('#'));
  const std::size_t mark = std::min(target.find('?'), target.size());
  Target out;
  if (!parse_query(target.substr(std::min(mark + 1, target.size())), out)) return std::nullopt;
  std::string_view rest = target.substr(1, mark - 1);
  out.path = "";
  for (;;) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    auto segment = percent_decode(rest.substr(0, slash), false);
    if (!segment) return std::nullopt;
    out.path += "/" + *segment;
    out.segments.push_back(std::move(*segment));
    if (slash == rest.size()) break;
    rest.remove_prefix(slash + 1);
  }
  return out;
}

HeadEnd find_head_end(std::string_view bytes) {
  for (std::size_t i = 0; (i = bytes.find('\n', i)) != std::string_view::npos; ++i) {
    if (i == 0 || bytes[i - 1] != '\r') return {0, true};
    if (i >= 3 && bytes[i - 2] == '\n') return {i + 1, false};
  }
  return {};
}

bool is_forged_by_a_page(std::string_view method, std::string_view sec_fetch_site) {
  if (method == "GET" || method == "HEAD" || method == "OPTIONS") return false;
  return !sec_fetch_site.empty() && sec_fetch_site != "same-origin" && sec_fetch_site != "none";
}

std::string why_head_is_refused(std::string_view head) {
  HeaderCounts counts;
  bool http_1_1 = false;
  for (bool first = true; !head.empty(); first = false) {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos) return "The request does not end with an empty line.";
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (line.find('\r') != std::string_view::npos || line.find('\0') != std::string_view::npos) {
      return "A line holds a control character.";
    }
    if (first) {
      http_1_1 = line.ends_with(" HTTP/1.1");
      if (!http_1_1 && !line.ends_with(" HTTP/1.0"))
        return "Only HTTP/1.1 and HTTP/1.0 are spoken here.";
      continue;
    }
    if (line.empty()) break;
    if (std::string why = why_field_is_refused(line, counts); !why.empty()) return why;
  }
  if (counts.content_length > 1) return "Content-Length is given twice.";
  if (counts.transfer_encoding > 1) return "Transfer-Encoding is given twice.";
  if (counts.content_length > 0 && counts.transfer_encoding > 0) {
    return "Content-Length and Transfer-Encoding exclude each other.";
  }
  if (counts.transfer_encoding > 0 && !http_1_1) return "HTTP/1.0 has no Transfer-Encoding.";
  if (counts.host > 1) return "Host is given twice.";
  if (counts.host == 0 && http_1_1) return "Host is missing.";
  return {};
}

}  // namespace sluice::http
