#pragma once
// The text side of HTTP/1.1 requests, without any IO: targets, percent-encoding, and the checks on
// a request's head that keep two parsers from reading it differently (request smuggling, RFC 9112
// §11.2).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::http {

// "%41+b" -> "A b" (plus_is_space) or "A+b". nullopt: a '%' without two hex digits, a NUL, or bytes
// that are not UTF-8 afterwards.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Everything but letters, digits and -._~ becomes %XX.
std::string percent_encode(std::string_view text);

struct Target {
  std::string path;                   // decoded
  std::vector<std::string> segments;  // decoded one by one: "%2F" is part of a segment
  std::vector<std::pair<std::string, std::string>> query;
};

// "/v1/reports?limit=5", or absolute ("http://host/v1/reports"). nullopt: not a target; at most 100
// query parameters.
std::optional<Target> parse_target(std::string_view target);

// Where the head ends: the bytes up to and including the empty line.
struct HeadEnd {
  std::size_t size = 0;    // 0: more bytes are needed
  bool malformed = false;  // a line feed without a carriage return before it
};
HeadEnd find_head_end(std::string_view bytes);

// What must be refused in a complete head (request line to empty line) that a lenient parser might
// take: a folded line, a space before the colon, a bare CR, Content-Length beside
// Transfer-Encoding, a repeated or non-digit Content-Length, a Transfer-Encoding other than exactly
// "chunked", no Host or two of them in HTTP/1.1. Returns why, in a sentence; empty if it is well.
std::string why_head_is_refused(std::string_view head);

// Whether a page of another site made a browser send this request, which would change something. Browsers say where a
// request comes from in Sec-Fetch-Site (W3C Fetch Metadata); other clients send no such field, and are let through.
bool is_forged_by_a_page(std::string_view method, std::string_view sec_fetch_site);

}  // namespace sluice::http
