#include "common/model/delta_frame.h"

#include <gtest/gtest.h>

#include <limits>

#include "common/base/bytes.h"

namespace sluice {
namespace {

FrameHead head() {
  FrameHead out;
  out.task = "visits-stage1-3";
  out.transaction = 17;
  out.input_from = 100;
  out.input_to = 250;
  return out;
}

Delta delta(std::string_view group, std::int64_t weight, std::string_view payload) {
  return {DeltaKind::kEntry, "report", 2, group, weight, payload};
}

TEST(DeltaFrame, ADeltaArrivesWithAllItsParts) {
  FrameWriter writer;
  writer.add(delta("group", -7, "payload"));
  const std::string message = writer.finish(head())[0];
  const auto frame = read_frame(message);
  ASSERT_TRUE(frame.has_value());
  const Delta& one = frame->deltas.at(0);
  EXPECT_EQ(one.kind, DeltaKind::kEntry);
  EXPECT_EQ(one.report, "report");
  EXPECT_EQ(one.family, 2U);
  EXPECT_EQ(one.group, "group");
  EXPECT_EQ(one.weight, -7);
  EXPECT_EQ(one.payload, "payload");
}

TEST(DeltaFrame, ATransactionWithoutDeltasStillSendsAFrame) {
  FrameWriter writer;
  const auto frames = writer.finish(head());
  ASSERT_EQ(frames.size(), 1U);
  const auto frame = read_frame(frames[0]);
  ASSERT_TRUE(frame.has_value());
  EXPECT_TRUE(frame->deltas.empty());
  EXPECT_EQ(frame->head.task, "visits-stage1-3");
  EXPECT_EQ(frame->head.transaction, 17U);
  EXPECT_EQ(frame->head.input_from, 100);
  EXPECT_EQ(frame->head.input_to, 250);
  EXPECT_EQ(frame->head.index, 0U);
  EXPECT_EQ(frame->head.count, 1U);
}

TEST(DeltaFrame, FinishingEmptiesTheWriter) {
  FrameWriter writer;
  writer.add(delta("group", 1, "sums"));
  EXPECT_GT(writer.bytes(), 0U);
  writer.finish(head());
  EXPECT_EQ(writer.bytes(), 0U);
  EXPECT_TRUE(read_frame(writer.finish(head())[0])->deltas.empty());
}

TEST(DeltaFrame, ManyDeltasAreCutIntoFramesWithinTheLimitAndInOrder) {
  FrameWriter writer;
  const std::string sums(1000, 's');
  constexpr std::int64_t kDeltas = 1000;
  for (std::int64_t i = 0; i < kDeltas; ++i) writer.add(delta(std::to_string(i), -i, sums));
  const auto frames = writer.finish(head());
  EXPECT_EQ(frames.size(), 4U);
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    EXPECT_LE(frames[i].size(), kMaxFrameBytes);
    const auto frame = read_frame(frames[i]);
    ASSERT_TRUE(frame.has_value()) << frame.error().message;
    EXPECT_EQ(frame->head.index, i);
    EXPECT_EQ(frame->head.count, frames.size());
    for (const Delta& one : frame->deltas) {
      EXPECT_EQ(one.group, std::to_string(seen));
      EXPECT_EQ(one.weight, -seen);
      EXPECT_EQ(one.payload, sums);
      ++seen;
    }
  }
  EXPECT_EQ(seen, kDeltas);
}

TEST(DeltaFrame, ADeltaLargerThanAFrameTravelsAlone) {
  FrameWriter writer;
  const std::string large(kMaxFrameBytes + 1, 'l');
  for (const std::string& sums : {std::string("small"), large, std::string("small")}) {
    writer.add(delta("group", 1, sums));
  }
  const auto frames = writer.finish(head());
  ASSERT_EQ(frames.size(), 3U);
  for (const std::string& frame : frames) EXPECT_EQ(read_frame(frame)->deltas.size(), 1U);
  EXPECT_EQ(read_frame(frames[1])->deltas[0].payload, large);
}

TEST(DeltaFrame, AFrameThatIsCutOrGrownIsRefused) {
  FrameWriter writer;
  writer.add(delta("group", -1, "sums"));
  writer.add(delta("other", 2, ""));
  const std::string whole = writer.finish(head())[0];
  ASSERT_TRUE(read_frame(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_frame(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(read_frame(whole + "x").has_value());
}

// A frame with the given numbers of its head and no deltas.
std::string empty_frame(std::uint8_t format, std::initializer_list<std::uint64_t> numbers) {
  std::string out;
  ByteWriter bytes(out);
  bytes.u8(format);
  bytes.string("task");
  for (const std::uint64_t number : numbers) bytes.varint(number);
  return out;
}

TEST(DeltaFrame, AHeadThatCannotBeIsRefused) {
  constexpr std::uint64_t kHuge = std::numeric_limits<std::uint64_t>::max();
  //                      format  transaction from to index count deltas
  EXPECT_TRUE(read_frame(empty_frame(2, {1, 0, 0, 0, 1, 0})).has_value());
  EXPECT_FALSE(read_frame(empty_frame(1, {1, 0, 0, 0, 1, 0})).has_value()) << "format";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, kHuge, kHuge, 0, 1, 0})).has_value()) << "offset";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 9, 8, 0, 1, 0})).has_value()) << "order";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 0, 0, 1, 1, 0})).has_value()) << "index";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 0, 0, 0, 0, 0})).has_value()) << "count";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 0, 0, 0, kHuge, 0})).has_value()) << "large count";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 0, 0, 0, 1, 1})).has_value()) << "missing delta";
  EXPECT_FALSE(read_frame(empty_frame(2, {1, 0, 0, 0, 1, kHuge})).has_value())
      << "no memory for it";
}

}  // namespace
}  // namespace sluice
