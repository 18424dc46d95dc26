#pragma once
// What stage 1 sends to stage 2 through the repartition topic: in each transaction, to every
// partition, one batch of group deltas, cut into frames (messages) of at most kMaxFrameBytes (a
// single delta that is larger travels alone). Every transaction sends at least one frame to every
// partition, so the chain of transaction numbers has no gaps anywhere and a torn transaction shows.
//
//   frame   = format:u8 task:varint transaction:varint input_from:varint input_to:varint
//             frame_index:varint frame_count:varint delta_count:varint delta*
//   delta   = report:string group:string rows:signed accumulators:string
//
// `group` is group_key.h's encoding; `accumulators` accumulators.h's. Message key: the task's name.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

inline constexpr std::size_t kMaxFrameBytes = 256 * 1024;

struct GroupDelta {
  std::string_view report;
  std::string_view group;
  std::int64_t rows = 0;          // how many more (or fewer) records stand behind the group
  std::string_view accumulators;  // encoded change of each measure
};

struct FrameHead {
  std::int32_t task = 0;  // stage 1 partition
  std::uint64_t transaction = 0;
  std::int64_t input_from = 0;  // records-topic offsets [from, to) this transaction covers
  std::int64_t input_to = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

// Collects the deltas of one transaction for one partition and cuts frames.
class FrameWriter {
 public:
  void add(const GroupDelta& delta);
  // The frames, at least one, heads filled in; clears the writer.
  std::vector<std::string> finish(FrameHead head);
  std::size_t bytes() const { return bytes_; }

 private:
  void open_frame();

  std::vector<std::string> bodies_;
  std::vector<std::uint32_t> counts_;
  std::size_t bytes_ = 0;
};

struct Frame {
  FrameHead head;
  std::vector<GroupDelta> deltas;  // views into the message
};
Result<Frame> read_frame(std::string_view message);

}  // namespace sluice
