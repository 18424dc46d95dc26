#include "common/rows/text_encoding.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using namespace std::string_literals;

std::string decode(Encoding encoding, std::string_view bytes, std::size_t piece = SIZE_MAX) {
  TextDecoder decoder(encoding);
  std::string out;
  while (bytes.size() > piece) {
    decoder.decode(bytes.substr(0, piece), false, out);
    bytes.remove_prefix(piece);
  }
  decoder.decode(bytes, true, out);
  return out;
}

TEST(TextDecoder, Latin1AndWindows1252DifferBetween80And9F) {
  EXPECT_EQ(decode(Encoding::kLatin1, "caf\xe9 \xa3\x80"), "café £\u0080");
  EXPECT_EQ(decode(Encoding::kWindows1252, "caf\xe9 \xa3\x80\x93x\x94\xff"), "café £€“x”ÿ");
}

TEST(TextDecoder, WhatIsNoCharacterLeavesAMark) {
  EXPECT_EQ(decode(Encoding::kWindows1252, "a\x81\x8d\x8f\x90\x9d" "b"), "a\xff\xff\xff\xff\xff" "b");
  EXPECT_EQ(decode(Encoding::kUtf16Le, "a\0\x00\xdc" "b\0"s), "a\xff" "b");
  EXPECT_EQ(decode(Encoding::kUtf16Be, "\0a\xd8\x00\0b"s), "a\xff" "b");
  EXPECT_EQ(decode(Encoding::kUtf16Be, "\0a\xd8\x00"s), "a\xff");
  EXPECT_EQ(decode(Encoding::kUtf16Le, "a\0b"s), "a\xff");
}

TEST(TextDecoder, Utf16OfBothOrdersWithAndWithoutAMarkInAnyPieces) {
  const std::string little = "\xff\xfe" "a\0\xac\x20\x3d\xd8\x00\xde\n\0"s;
  const std::string big = "\xfe\xff\0a\x20\xac\xd8\x3d\xde\x00\0\n"s;
  for (const std::size_t piece : {1, 2, 3, 5, 100}) {
    EXPECT_EQ(decode(Encoding::kUtf16Le, little, piece), "a€😀\n");
    EXPECT_EQ(decode(Encoding::kUtf16Be, big, piece), "a€😀\n");
    EXPECT_EQ(decode(Encoding::kUtf16Le, little.substr(2), piece), "a€😀\n");
  }
}

TEST(FindEncoding, SaysWhatTheBytesCanBe) {
  EXPECT_EQ(find_encoding(""), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("a,b\n"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("\xef\xbb\xbf" "a"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("90,04 €\n"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("\xff\xfe" "a\0"s), Encoding::kUtf16Le);
  EXPECT_EQ(find_encoding("\xfe\xff\0a"s), Encoding::kUtf16Be);
  EXPECT_EQ(find_encoding("a\0,\0b\0\n\0\xac\x20"s), Encoding::kUtf16Le);
  EXPECT_EQ(find_encoding("\0a\0,\0b\0\n"s), Encoding::kUtf16Be);
  EXPECT_EQ(find_encoding("name\nCaf\xe9 de la Gare\nM\xfcller\n"), Encoding::kWindows1252);
  EXPECT_EQ(find_encoding("12 \x80 and more\n"), Encoding::kWindows1252);
  EXPECT_EQ(find_encoding("<?xml version='1.0' encoding='ISO-8859-1'?><a>x</a>"), Encoding::kLatin1);
}

TEST(FindEncoding, OneBrokenByteDoesNotMakeAFileAnother) {
  EXPECT_EQ(find_encoding("Café\nbroken \xe9 here\n"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("a\nbroken \xff here\n"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("a\nbroken \x81 here\n"), Encoding::kUtf8);
  EXPECT_EQ(find_encoding("a\nb\xe2\x82"), Encoding::kUtf8);  // the sample's end, inside a character
}

class TextBytes final : public ByteReader {
 public:
  explicit TextBytes(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = text_.copy(into.data(), into.size(), at_);
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

TEST(Decoded, GivesTheTextInAnyPieces) {
  std::string bytes, text;
  for (int i = 0; i < 100'000; ++i) {
    bytes += "\xe9\x80x";
    text += "é€x";
  }
  auto reader = decoded(std::make_unique<TextBytes>(bytes), Encoding::kWindows1252);
  std::string out, buffer(12'345, '\0');
  for (;;) {
    const std::size_t got = reader->read(buffer).value();
    out.append(buffer, 0, got);
    if (got < buffer.size()) break;
  }
  EXPECT_EQ(out, text);
  EXPECT_EQ(reader->read(buffer).value(), 0U);
}

}  // namespace
}  // namespace sluice
