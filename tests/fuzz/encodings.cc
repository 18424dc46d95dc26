// From any encoding to UTF-8: pieces give what the whole gives.

#include "common/base/json_text.h"
#include "common/base/text_bytes.h"
#include "common/rows/text_encoding.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

std::string in_pieces(Encoding encoding, std::string_view text, std::size_t piece) {
  std::string out;
  TextDecoder decoder(encoding);
  for (std::size_t at = 0; at < text.size(); at += piece) decoder.decode(text.substr(at, piece), false, out);
  decoder.decode("", true, out);
  return out;
}

std::string through_reader(Encoding encoding, std::string_view text, std::size_t piece) {
  const auto reader = decoded(std::make_unique<TextBytes>(std::string(text)), encoding);
  std::string out, buffer(piece, '\0');
  for (;;) {
    const auto got = reader->read(buffer);
    LAW("bytes in memory can be read", got.has_value());
    out.append(buffer, 0, *got);
    if (*got < piece) return out;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t piece = 1 + choices.below(9);
  const std::string_view text = choices.rest();
  const Encoding found = find_encoding(text);
  LAW("an encoding is found", found != Encoding::kFound && !name_of(found).empty());
  for (const Encoding encoding : {Encoding::kUtf8, Encoding::kUtf16Le, Encoding::kUtf16Be, Encoding::kLatin1,
                                  Encoding::kWindows1252}) {
    std::string whole;
    TextDecoder(encoding).decode(text, true, whole);
    LAW("pieces give what the whole gives", in_pieces(encoding, text, piece) == whole);
    LAW("a reader gives the same", through_reader(encoding, text, piece) == whole);
    if (encoding == Encoding::kUtf8) {
      LAW("UTF-8 passes through", whole == text);
      continue;
    }
    std::string good;
    for (const char c : whole) {
      if (c != kBadByte) good += c;
    }
    LAW("what is decoded is UTF-8 but for bad bytes", is_valid_utf8(good));
    if (encoding == Encoding::kLatin1) LAW("every byte is a character of Latin-1", good == whole);
  }
  if (is_valid_utf8(text) && text.find('\0') == std::string_view::npos && !text.starts_with("<?xml")) {
    LAW("valid UTF-8 is taken for it", found == Encoding::kUtf8);
  }
  return 0;
}
