#include "services/transform/core/record_state.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace sluice::transform {
namespace {

// A key's life as stage 1 keeps it.
class Key {
 public:
  RecordKind takes(const IncomingRecord& record) {
    const auto old = stored_.empty() ? std::nullopt : decode_record_state(stored_);
    const Decision decision = decide(old, record);
    if (decision.retract) contribution_ = "";
    if (decision.add) contribution_ = std::string(record.projection);
    if (decision.store) stored_ = encode(decision.next);
    return decision.kind;
  }
  const std::string& contribution() const { return contribution_; }
  const std::string& bytes() const { return stored_; }

 private:
  std::string stored_, contribution_;
};

IncomingRecord from_file(std::uint64_t place, std::uint64_t line, std::string_view content) {
  IncomingRecord record;
  record.has_origin = true;
  record.version.place = place;
  record.version.line = line;
  record.content = hash_content(content);
  record.projection = content;
  return record;
}
IncomingRecord foreign(std::string_view content) {
  IncomingRecord record = from_file(0, 0, content);
  record.has_origin = false;
  return record;
}
IncomingRecord deletion() {
  IncomingRecord record;
  record.deleted = true;
  return record;
}

TEST(RecordState, TheFirstRecordOfAKeyIsNew) {
  Key key;
  EXPECT_EQ(key.takes(from_file(1, 2, "a")), RecordKind::kNew);
  EXPECT_EQ(key.contribution(), "a");
}

TEST(RecordState, TheSameContentIsADuplicateWhoeverIsLater) {
  Key key;
  key.takes(from_file(5, 2, "a"));
  EXPECT_EQ(key.takes(from_file(3, 2, "a")), RecordKind::kDuplicate);
  EXPECT_EQ(key.takes(from_file(7, 2, "a")), RecordKind::kDuplicate);
  EXPECT_EQ(key.takes(from_file(6, 2, "b")), RecordKind::kStaleCorrection)
      << "the duplicate of file 7 moved the version up";
  EXPECT_EQ(key.contribution(), "a");
}

TEST(RecordState, OtherContentIsACorrectionThatCountsOnlyIfLater) {
  Key key;
  key.takes(from_file(5, 9, "a"));
  EXPECT_EQ(key.takes(from_file(5, 8, "b")), RecordKind::kStaleCorrection);
  EXPECT_EQ(key.contribution(), "a");
  EXPECT_EQ(key.takes(from_file(5, 10, "c")), RecordKind::kCorrection);
  EXPECT_EQ(key.contribution(), "c");
}

TEST(RecordState, AVersionFieldGoesBeforeTheFilesPlace) {
  Key key;
  IncomingRecord early = from_file(9, 1, "a");
  early.field = 100;
  IncomingRecord late = from_file(1, 1, "b");
  late.field = 101;
  key.takes(early);
  EXPECT_EQ(key.takes(late), RecordKind::kCorrection);
  EXPECT_EQ(key.contribution(), "b");
}

TEST(RecordState, AMessageWithoutOriginIsLaterThanWhatCountsAndEarlierThanALaterFile) {
  Key key;
  key.takes(from_file(5, 2, "a"));
  EXPECT_EQ(key.takes(foreign("b")), RecordKind::kCorrection);
  EXPECT_EQ(key.takes(foreign("c")), RecordKind::kCorrection);
  EXPECT_EQ(key.takes(from_file(5, 2, "d")), RecordKind::kStaleCorrection);
  EXPECT_EQ(key.takes(from_file(5, 3, "e")), RecordKind::kCorrection);
  EXPECT_EQ(key.contribution(), "e");
}

TEST(RecordState, ADeletedKeyCanComeBackOnlyWithALaterVersion) {
  Key key;
  key.takes(from_file(5, 2, "a"));
  EXPECT_EQ(key.takes(deletion()), RecordKind::kDeletion);
  EXPECT_EQ(key.contribution(), "");
  EXPECT_EQ(key.takes(deletion()), RecordKind::kNothing);
  EXPECT_EQ(key.takes(from_file(4, 2, "b")), RecordKind::kStaleCorrection);
  EXPECT_EQ(key.takes(from_file(5, 2, "a")), RecordKind::kStaleCorrection) << "what was deleted";
  EXPECT_EQ(key.contribution(), "");
  EXPECT_EQ(key.takes(from_file(6, 2, "a")), RecordKind::kNew);
  EXPECT_EQ(key.contribution(), "a");
}

TEST(RecordState, ADeletionOfAnUnknownKeyLeavesNoTrace) {
  Key key;
  EXPECT_EQ(key.takes(deletion()), RecordKind::kNothing);
  EXPECT_TRUE(key.bytes().empty());
}

TEST(RecordState, EveryOrderOfArrivalEndsInTheSameBytes) {
  std::vector<IncomingRecord> records = {from_file(1, 2, "a"), from_file(2, 2, "b"),
                                         from_file(3, 2, "a"), from_file(3, 1, "c"),
                                         from_file(2, 2, "d")};  // the same version twice
  std::vector<int> order = {0, 1, 2, 3, 4};
  std::string expected;
  do {
    Key key;
    for (const int i : order) key.takes(records[static_cast<std::size_t>(i)]);
    if (expected.empty()) expected = key.bytes();
    ASSERT_EQ(key.bytes(), expected);
    ASSERT_EQ(key.contribution(), "a");
  } while (std::ranges::next_permutation(order).found);
}

TEST(RecordState, BytesOfAnotherFormatAreRefused) {
  EXPECT_EQ(decode_record_state(""), std::nullopt);
  EXPECT_EQ(decode_record_state("\x02xxxxxxxxxxxxxxxxxxxxxxxxxxx"), std::nullopt);
  RecordState state;
  EXPECT_EQ(decode_record_state(encode(state).substr(0, 20)), std::nullopt);
}

}  // namespace
}  // namespace sluice::transform
