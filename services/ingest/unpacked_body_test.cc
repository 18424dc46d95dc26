#include "services/ingest/unpacked_body.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"
#include "common/adapters/http/text_body.h"

namespace sluice::ingest {
namespace {

using testing::HasSubstr;

std::string gzipped(const std::string& text) {
  return archive::compressed(archive_write_add_filter_gzip, text);
}

struct Outcome {
  std::string text;
  int status = 0;  // of the refusal
  std::string why;
};

Outcome all_of(http::BodyReader& body, std::size_t at_once = 1000) {
  Outcome out;
  std::string piece(at_once, '\0');
  for (;;) {
    const auto got = body.read(piece);
    if (!got) {
      out.status = got.error().status;
      out.why = got.error().body;
      return out;
    }
    out.text.append(piece, 0, *got);
    if (*got < at_once) return out;
  }
}

TEST(UnpackedBody, GivesSeveralMembersHoweverTheyAreRead) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + "\n";
  for (const std::size_t at_once : {1, 1000, 1'000'000}) {
    http::TextBody body(gzipped(text) + gzipped("and more"));
    UnpackedBody reader(body, 1'000'000);
    const Outcome outcome = all_of(reader, at_once);
    EXPECT_EQ(outcome.status, 0) << outcome.why;
    EXPECT_EQ(outcome.text, text + "and more");
  }
}

TEST(UnpackedBody, WhatIsCutShortOrNotGzipIsRefused) {
  const std::string packed = gzipped("some text");
  for (const std::string& broken :
       {std::string(), std::string("plain"), packed.substr(0, packed.size() - 1), packed + "x"}) {
    http::TextBody body(broken);
    UnpackedBody reader(body, 1000);
    const Outcome outcome = all_of(reader);
    EXPECT_EQ(outcome.status, 400) << broken;
    EXPECT_THAT(outcome.why, HasSubstr("gzip"));
  }
}

TEST(UnpackedBody, ABombMeetsTheLimit) {
  http::TextBody body(gzipped(std::string(10'000'000, 'x')));
  UnpackedBody reader(body, 100'000);
  const Outcome outcome = all_of(reader);
  EXPECT_LE(outcome.text.size(), 100'000U);
  EXPECT_EQ(outcome.status, 413);
}

TEST(UnpackedBody, ABodyThatBreaksOffGivesItsOwnRefusal) {
  http::TextBody body(gzipped(std::string(1000, 'x')).substr(0, 20), http::problem(408, "Too slow", "too slow"));
  UnpackedBody reader(body, 1'000'000);
  EXPECT_EQ(all_of(reader).status, 408);
}

}  // namespace
}  // namespace sluice::ingest
