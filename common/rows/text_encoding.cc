#include "common/rows/text_encoding.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <simdjson.h>

#include "common/rows/utf8.h"

namespace sluice {
namespace {

// Windows-1252 between 0x80 and 0x9f; 0: no character. The rest is as in Latin-1.
constexpr std::array<unsigned, 32> kWindows1252 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

std::size_t size_of_character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (size == 0 || at + size > text.size()) return 0;
  return simdjson::validate_utf8(text.data() + at, size) ? size : 0;
}

// UTF-16 without a mark: Western texts have a NUL in every other byte.
Encoding found_by_nuls(std::string_view start) {
  if (start.size() < 8) return Encoding::kFound;
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i < start.size(); ++i) {
    if (start[i] == '\0') ++(i % 2 == 0 ? even : odd);
  }
  if (odd > start.size() / 4 && even < odd / 20 + 1) return Encoding::kUtf16Le;
  if (even > start.size() / 4 && odd < even / 20 + 1) return Encoding::kUtf16Be;
  return Encoding::kFound;
}

// <?xml version="1.0" encoding="ISO-8859-1"?>
Encoding found_by_declaration(std::string_view start) {
  if (!start.starts_with("<?xml")) return Encoding::kFound;
  std::string head(start.substr(0, std::min(start.find("?>"), std::size_t{200})));
  std::ranges::transform(head, head.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t at = head.find("encoding");
  if (at == std::string::npos) return Encoding::kFound;
  const std::string_view rest = std::string_view(head).substr(at);
  if (rest.find("iso-8859-1\"") != rest.npos || rest.find("iso-8859-1'") != rest.npos) return Encoding::kLatin1;
  if (rest.find("windows-1252") != rest.npos) return Encoding::kWindows1252;
  if (rest.find("utf-8") != rest.npos) return Encoding::kUtf8;
  return Encoding::kFound;
}

// A letter or sign that stands in Western texts; ÿ and þ are what broken bytes look like.
bool is_western(unsigned char c) {
  if (c < 0xA0) return kWindows1252[c - 0x80] != 0;
  return c < 0xFE && c != 0xD7 && c != 0xF7;
}

}  // namespace

Encoding find_encoding(std::string_view start) {
  if (start.starts_with("\xef\xbb\xbf")) return Encoding::kUtf8;
  if (start.starts_with("\xff\xfe")) return Encoding::kUtf16Le;
  if (start.starts_with("\xfe\xff")) return Encoding::kUtf16Be;
  if (const Encoding found = found_by_declaration(start); found != Encoding::kFound) return found;
  if (const Encoding found = found_by_nuls(start); found != Encoding::kFound) return found;
  if (simdjson::validate_utf8(start.data(), start.size())) return Encoding::kUtf8;
  bool western = false;
  for (std::size_t at = 0; at < start.size();) {
    const auto c = static_cast<unsigned char>(start[at]);
    if (c < 0x80) {
      ++at;
      continue;
    }
    if (size_of_character(start, at) != 0) return Encoding::kUtf8;
    // The end may stand inside a character.
    if (start.size() - at < 4 && !western) return Encoding::kUtf8;
    if (!is_western(c)) return Encoding::kUtf8;
    western = true;
    ++at;
  }
  return western ? Encoding::kWindows1252 : Encoding::kUtf8;
}

std::string_view name_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::kFound: return "found";
    case Encoding::kUtf8: return "utf-8";
    case Encoding::kUtf16Le: return "utf-16le";
    case Encoding::kUtf16Be: return "utf-16be";
    case Encoding::kLatin1: return "latin-1";
    case Encoding::kWindows1252: return "windows-1252";
  }
  return "";
}

void TextDecoder::decode(std::string_view bytes, bool at_end, std::string& out) {
  switch (encoding_) {
    case Encoding::kUtf16Le:
    case Encoding::kUtf16Be: return decode_utf16(bytes, at_end, out);
    case Encoding::kLatin1:
    case Encoding::kWindows1252: break;
    default: out += bytes; return;
  }
  for (const char byte : bytes) {
    unsigned code = static_cast<unsigned char>(byte);
    if (code >= 0x80 && code < 0xA0 && encoding_ == Encoding::kWindows1252) {
      code = kWindows1252[code - 0x80];
      if (code == 0) {
        out += kBadByte;
        continue;
      }
    }
    append_utf8(out, code);
  }
}

void TextDecoder::decode_utf16(std::string_view bytes, bool at_end, std::string& out) {
  for (const char next : bytes) {
    const auto byte = static_cast<unsigned char>(next);
    if (!has_byte_) {
      has_byte_ = true;
      byte_ = byte;
      continue;
    }
    has_byte_ = false;
    add_unit(encoding_ == Encoding::kUtf16Le ? byte_ | unsigned{byte} << 8 : unsigned{byte_} << 8 | byte, out);
  }
  if (!at_end) return;
  if (high_ != 0) out += kBadByte;
  if (has_byte_) out += kBadByte;
  high_ = 0;
  has_byte_ = false;
}

void TextDecoder::add_unit(unsigned unit, std::string& out) {
  const bool mark = std::exchange(at_start_, false) && unit == 0xFEFF;
  if (mark) return;
  const bool low = unit >= 0xDC00 && unit < 0xE000;
  if (high_ != 0) {
    const unsigned high = std::exchange(high_, 0);
    if (low) return append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
    out += kBadByte;
  }
  if (unit >= 0xD800 && unit < 0xDC00) {
    high_ = unit;
  } else if (low) {
    out += kBadByte;
  } else {
    append_utf8(out, unit);
  }
}

namespace {

class DecodedReader final : public ByteReader {
 public:
  DecodedReader(std::unique_ptr<ByteReader> bytes, Encoding encoding)
      : bytes_(std::move(bytes)), decoder_(encoding) {}

  Result<std::size_t> read(std::span<char> into) override {
    std::size_t filled = 0;
    while (filled < into.size()) {
      if (given_ == text_.size()) {
        if (at_end_) break;
        if (auto more = decode_more(); !more) return tl::unexpected(more.error());
        continue;
      }
      const std::size_t size = text_.copy(into.data() + filled, into.size() - filled, given_);
      filled += size;
      given_ += size;
    }
    return filled;
  }

 private:
  Result<bool> decode_more() {
    raw_.resize(64 * 1024);
    const auto got = bytes_->read(raw_);
    if (!got) return tl::unexpected(got.error());
    at_end_ = *got < raw_.size();
    text_.clear();
    given_ = 0;
    decoder_.decode(std::string_view(raw_).substr(0, *got), at_end_, text_);
    return true;
  }

  std::unique_ptr<ByteReader> bytes_;
  TextDecoder decoder_;
  std::string raw_, text_;
  std::size_t given_ = 0;
  bool at_end_ = false;
};

}  // namespace

std::unique_ptr<ByteReader> decoded(std::unique_ptr<ByteReader> bytes, Encoding encoding) {
  if (encoding == Encoding::kUtf8 || encoding == Encoding::kFound) return bytes;
  return std::make_unique<DecodedReader>(std::move(bytes), encoding);
}

}  // namespace sluice
