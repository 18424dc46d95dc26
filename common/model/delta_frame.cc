#include "common/model/delta_frame.h"

#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace sluice {
namespace {

constexpr std::uint8_t kFormat = 2;
// A delta is at least its kind, three empty strings' lengths and two numbers.
constexpr std::size_t kMinDeltaBytes = 6;
// Room for the longest head, so that a whole frame stays within kMaxFrameBytes.
constexpr std::size_t kMaxHeadBytes = 256;
constexpr std::size_t kMaxBodyBytes = kMaxFrameBytes - kMaxHeadBytes;

template <typename T>
void read_number(ByteCursor& in, T& out, bool& in_range) {
  const std::uint64_t value = in.varint();
  in_range = in_range && std::in_range<T>(value);
  out = static_cast<T>(value);
}

}  // namespace

void FrameWriter::add(const Delta& delta) {
  if (bodies_.empty()) open_frame();
  const std::size_t before = bodies_.back().size();
  ByteWriter out(bodies_.back());
  out.u8(static_cast<std::uint8_t>(delta.kind));
  out.string(delta.report);
  out.varint(delta.family);
  out.string(delta.group);
  out.signed_varint(delta.weight);
  out.string(delta.payload);
  bytes_ += bodies_.back().size() - before;
  if (bodies_.back().size() > kMaxBodyBytes && before > 0) {
    std::string overhang = bodies_.back().substr(before);
    bodies_.back().resize(before);
    open_frame();
    bodies_.back() = std::move(overhang);
  }
  ++counts_.back();
}

void FrameWriter::open_frame() {
  bodies_.emplace_back();
  counts_.push_back(0);
}

std::vector<std::string> FrameWriter::finish(FrameHead head) {
  SLUICE_CHECK(head.input_from >= 0 && head.input_to >= head.input_from, "offsets grow from 0");
  if (bodies_.empty()) open_frame();
  std::vector<std::string> frames;
  frames.reserve(bodies_.size());
  for (std::size_t i = 0; i < bodies_.size(); ++i) {
    std::string frame;
    frame.reserve(bodies_[i].size() + kMaxHeadBytes);
    ByteWriter out(frame);
    out.u8(kFormat);
    out.string(head.task);
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
  ByteCursor in(message);
  const std::uint8_t format = in.u8();
  if (format != kFormat) {
    return fail("a delta frame has format " + std::to_string(format) + ", this version knows " +
                std::to_string(kFormat));
  }
  Frame frame;
  bool in_range = true;
  frame.head.task = in.string();
  read_number(in, frame.head.transaction, in_range);
  read_number(in, frame.head.input_from, in_range);
  read_number(in, frame.head.input_to, in_range);
  read_number(in, frame.head.index, in_range);
  read_number(in, frame.head.count, in_range);
  const std::uint64_t deltas = in.varint();
  if (!in.ok() || !in_range || frame.head.index >= frame.head.count ||
      frame.head.input_to < frame.head.input_from || deltas > in.rest().size() / kMinDeltaBytes) {
    return fail("a delta frame's head is malformed");
  }
  frame.deltas.reserve(deltas);
  for (std::uint64_t i = 0; i < deltas; ++i) {
    Delta delta;
    const std::uint8_t kind = in.u8();
    if (kind > static_cast<std::uint8_t>(DeltaKind::kMember)) in_range = false;
    delta.kind = static_cast<DeltaKind>(kind);
    delta.report = in.string();
    read_number(in, delta.family, in_range);
    delta.group = in.string();
    delta.weight = in.signed_varint();
    delta.payload = in.string();
    frame.deltas.push_back(delta);
  }
  if (!in.ok() || !in_range || !in.at_end()) return fail("a delta frame's body does not match its head");
  return frame;
}

}  // namespace sluice
