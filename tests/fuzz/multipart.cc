// Forms of files: parts and their contents are the same however they come. The first byte says how many bytes are
// read at once, a line is the Content-Type.

#include "common/adapters/http/multipart.h"
#include "common/adapters/http/text_body.h"
#include "common/base/json_text.h"
#include "services/ingest/upload_request.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::http;

namespace {

// A body that comes in pieces is a reader that gives all that is asked for; so pieces are the asker's.
struct Form {
  std::vector<Part> parts;
  std::vector<std::string> contents;
  bool whole = false;
};

Form read_form(std::string_view text, std::string_view boundary, std::size_t piece, bool skip) {
  Form out;
  TextBody body{std::string(text)};
  MultipartReader reader(body, boundary);
  for (;;) {
    const auto part = reader.next();
    if (!part) {
      LAW("a refusal is a client's error", part.error().status >= 400 && part.error().status < 500);
      return out;
    }
    if (!*part) break;
    LAW("a part's names are UTF-8",
        is_valid_utf8((*part)->name) && (!(*part)->file_name || is_valid_utf8(*(*part)->file_name)));
    out.parts.push_back(**part);
    out.contents.emplace_back();
    if (skip) continue;
    std::string buffer(piece, '\0');
    for (;;) {
      const auto got = reader.read(buffer);
      if (!got) return out;
      LAW("no more is given than asked for", *got <= piece);
      out.contents.back().append(buffer, 0, *got);
      if (*got < piece) break;
    }
  }
  out.whole = true;
  return out;
}

bool same_parts(const Form& a, const Form& b) {
  return a.whole == b.whole && std::ranges::equal(a.parts, b.parts, [](const Part& x, const Part& y) {
           return x.name == y.name && x.file_name == y.file_name;
         });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t piece = 1 + choices.below(13);
  const std::string_view type = choices.line(), text = choices.rest();
  Request request;
  request.headers = {{"content-type", std::string(type)}, {"idempotency-key", std::string(text.substr(0, 300))}};
  request.query = {{"name", std::string(text)}};
  if (const auto upload = ingest::read_upload_request(request); !upload) {
    LAW("a refusal is a client's error", upload.error().status >= 400 && upload.error().status < 500);
  }
  const auto found = multipart_boundary(type);
  LAW("a boundary has 1 to 70 characters", !found || (!found->empty() && found->size() <= 70));
  const std::string boundary = found.value_or("b");
  const Form whole = read_form(text, boundary, 1 << 16, false);
  const Form pieces = read_form(text, boundary, piece, false);
  LAW("a form does not depend on how it is read", same_parts(whole, pieces));
  // What was given before a body breaks off depends on how much was asked for.
  if (whole.whole) LAW("contents do not depend on how they are read", whole.contents == pieces.contents);
  LAW("contents that are skipped change nothing", same_parts(whole, read_form(text, boundary, 1, true)));
  // A preamble moves the form to where the reader's buffer of 64 KiB ends, in the middle of anything.
  const std::string moved = std::string((1 << 16) - 2 - std::min<std::size_t>(text.size() * piece / 14, 1 << 15), 'x') + "\r\n" + std::string(text);
  if (whole.whole) {
    const Form same = read_form(moved, boundary, 1 << 16, false);
    LAW("a form does not depend on where a buffer ends", same_parts(whole, same) && same.contents == whole.contents);
  }
  std::size_t bytes = 0;
  for (const std::string& content : whole.contents) {
    LAW("no content holds its boundary", content.find("\r\n--" + boundary) == std::string::npos);
    bytes += content.size();
  }
  LAW("contents came in the body", bytes <= text.size());
  return 0;
}
