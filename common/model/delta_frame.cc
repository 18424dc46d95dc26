#include "common/model/delta_frame.h"

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace sluice {
namespace {

constexpr std::uint8_t kFormat = 1;
// A delta is at least three empty strings' lengths and one number.
constexpr std::size_t kMinDeltaBytes = 4;

}  // namespace

void FrameWriter::add(const GroupDelta& delta) {
  if (bodies_.empty() || bodies_.back().size() >= kMaxFrameBytes) {
    bodies_.emplace_back();
    counts_.push_back(0);
  }
  std::string& body = bodies_.back();
  const std::size_t before = body.size();
  ByteWriter out(body);
  out.string(delta.report);
  out.string(delta.group);
  out.signed_varint(delta.rows);
  out.string(delta.accumulators);
  bytes_ += body.size() - before;
  ++counts_.back();
}

std::vector<std::string> FrameWriter::finish(FrameHead head) {
  SLUICE_CHECK(head.input_from >= 0 && head.input_to >= head.input_from, "offsets grow from 0");
  if (bodies_.empty()) {
    bodies_.emplace_back();
    counts_.push_back(0);
  }
  std::vector<std::string> frames;
  frames.reserve(bodies_.size());
  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    std::string frame;
    frame.reserve(bodies_[i].size() + 48);
    ByteWriter out(frame);
    out.u8(kFormat);
    out.varint(static_cast<std::uint64_t>(head.task));
    out.varint(head.transaction);
    out.varint(static_cast<std::uint64_t>(head.input_from));
    out.varint(static_cast<std::uint64_t>(head.input_to));
    out.varint(i);
    out.varint(bodies_.size());
    out.varint(counts_[i]);
    frame += bodies_[i];
    frames.push_back(std::move(frame));
  }
  bodies_.clear();
  counts_.clear();
  bytes_ = 0;
  return frames;
}

Result<Frame> read_frame(std::string_view message) {
  ByteReader in(message);
  const std::uint8_t format = in.u8();
  if (format != kFormat) {
    return fail("a delta frame has format " + std::to_string(format) + ", this version knows " +
                std::to_string(kFormat));
  }
  Frame frame;
  frame.head.task = static_cast<std::int32_t>(in.varint());
  frame.head.transaction = in.varint();
  frame.head.input_from = static_cast<std::int64_t>(in.varint());
  frame.head.input_to = static_cast<std::int64_t>(in.varint());
  frame.head.index = static_cast<std::uint32_t>(in.varint());
  frame.head.count = static_cast<std::uint32_t>(in.varint());
  const std::uint64_t deltas = in.varint();
  if (!in.ok() || frame.head.index >= frame.head.count || frame.head.task < 0 ||
      deltas > in.rest().size() / kMinDeltaBytes + 1) {
    return fail("a delta frame's head is malformed");
  }
  frame.deltas.reserve(deltas);
  for (std::uint64_t i = 0; i < deltas; ++i) {
    GroupDelta delta;
    delta.report = in.string();
    delta.group = in.string();
    delta.rows = in.signed_varint();
    delta.accumulators = in.string();
    frame.deltas.push_back(delta);
  }
  if (!in.ok() || !in.at_end()) return fail("a delta frame's body does not match its head");
  return frame;
}

}  // namespace sluice
