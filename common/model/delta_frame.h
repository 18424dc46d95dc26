#pragma once
// What a task sends to the next through a repartition topic: in each transaction, to every partition,
// one batch of deltas, cut into frames (messages) of at most kMaxFrameBytes (a single delta that is
// larger travels alone). Every transaction sends at least one frame to every partition, so the chain of
// transaction numbers has no gaps anywhere and a torn transaction shows.
//
//   frame   = format:u8 task:string transaction:varint input_from:varint input_to:varint
//             frame_index:varint frame_count:varint delta_count:varint delta*
//   delta   = kind:u8 report:string family:varint group:string weight:signed payload:string
//
// Message key: the task's name. What group and payload are is the kind's matter.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice {

inline constexpr std::size_t kMaxFrameBytes = 256 * 1024;

enum class DeltaKind : std::uint8_t {
  kGroup,   // sums of a report's group: payload is the change of each aggregate (aggregates.h)
  kEntry,   // one value of a group's multiset: payload names the aggregate and the value
  kMember,  // one row of an entity: group is the entity's key, payload the row (entity_rows.h)
};

struct Delta {
  DeltaKind kind = DeltaKind::kGroup;
  std::string_view report;
  std::uint32_t family = 0;   // which grouping of the report (common/definition/report.h)
  std::string_view group;     // encoded key
  std::int64_t weight = 0;    // how many more (or fewer) rows, values or members
  std::string_view payload;
};

struct FrameHead {
  std::string task;  // the sender's name, "bookings-stage1-0"
  std::uint64_t transaction = 0;
  std::int64_t input_from = 0;  // offsets of its input [from, to) this transaction covers
  std::int64_t input_to = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

// Collects the deltas of one transaction for one partition and cuts frames.
class FrameWriter {
 public:
  void add(const Delta& delta);
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
  std::vector<Delta> deltas;  // views into the message
};
Result<Frame> read_frame(std::string_view message);

}  // namespace sluice
