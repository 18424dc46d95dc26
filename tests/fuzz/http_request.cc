// What a client sends over HTTP before a handler sees it: heads, targets, percent-encoding, trace ids, routes.
// The first byte says which.

#include "common/adapters/http/request_text.h"
#include "common/adapters/http/response_text.h"
#include "common/adapters/http/routing.h"
#include "common/base/json_text.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::http;

namespace {

void check_head(std::string_view bytes) {
  const HeadEnd end = find_head_end(bytes);
  LAW("a head lies in its bytes", end.size <= bytes.size());
  // Seen byte by byte, the same is found as soon as it can be.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const HeadEnd part = find_head_end(bytes.substr(0, size));
    if (part.size == 0 && !part.malformed) continue;
    LAW("a head does not depend on how it came", part.size == end.size && part.malformed == end.malformed);
    break;
  }
  if (end.size == 0 || end.malformed) return;
  const std::string_view head = bytes.substr(0, end.size);
  LAW("a head ends with an empty line", head.ends_with("\r\n\r\n") || head == "\r\n");
  if (!why_head_is_refused(head).empty()) return;
  // The rest of the body must not be read as another request's.
  std::string lower(head);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  LAW("a body has one length", lower.find("\r\ncontent-length:") == std::string::npos ||
                                   lower.find("\r\ntransfer-encoding:") == std::string::npos);
  LAW("no folded line", head.find("\r\n ") == std::string_view::npos && head.find("\r\n\t") == std::string_view::npos);
}

void check_target(std::string_view text) {
  const auto target = parse_target(text);
  if (!target) return;
  LAW("a path begins with a slash", target->path.starts_with('/'));
  LAW("a path is UTF-8 without NUL", is_valid_utf8(target->path) && target->path.find('\0') == std::string::npos);
  LAW("a path has segments", !target->segments.empty());
  LAW("at most a hundred parameters", target->query.size() <= 100);
  std::string written, joined;
  for (const std::string& segment : target->segments) {
    written += "/" + percent_encode(segment);
    joined += "/" + segment;
  }
  LAW("segments are the path", joined == target->path);
  char separator = '?';
  for (const auto& [name, value] : target->query) {
    LAW("a parameter is UTF-8", is_valid_utf8(name) && is_valid_utf8(value));
    written += separator + percent_encode(name) + "=" + percent_encode(value);
    separator = '&';
  }
  const auto again = parse_target(written);
  LAW("a target that is written reads back", again && again->path == target->path &&
                                                 again->segments == target->segments && again->query == target->query);
  static const Router router = [] {
    Router made;
    made.add("GET", "/");
    made.add("GET", "/v1/reports/{name}");
    made.add("POST", "/v1/files/{id}/{what}");
    return made;
  }();
  const auto match = router.match("GET", target->segments);
  if (match.found) LAW("a route that is found is allowed", !match.allowed.empty() && match.found->route < router.size());
}

void check_text(std::string_view text) {
  for (const bool plus : {false, true}) {
    const auto decoded = percent_decode(text, plus);
    if (!decoded) continue;
    LAW("what is decoded is UTF-8", is_valid_utf8(*decoded));
    LAW("what is encoded is decoded to the same", percent_decode(percent_encode(*decoded), plus) == decoded);
  }
  const std::string trace = trace_id_of(text);
  LAW("a trace id has 32 digits", trace.empty() || trace.size() == 32);
  if (is_plain_id(text)) LAW("an id cannot start a header", text.find_first_of("\r\n") == std::string_view::npos);
  Response response;
  response.headers.emplace_back("X-Name", std::string(text));
  const std::string head = head_of(response, true, 0);
  LAW("a value cannot end an answer's head", head.find("\r\n\r\n") == head.size() - 4);
  complete_problem(response, text, text);
  Response refused = problem(400, "Bad request", valid_utf8(text));
  complete_problem(refused, text, text);
  LAW("a problem is UTF-8", is_valid_utf8(refused.body));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  switch (choices.below(3)) {
    case 0: check_head(choices.rest()); break;
    case 1: check_target(choices.rest()); break;
    default: check_text(choices.rest()); break;
  }
  return 0;
}
