#include "services/transform/core/delta_chain.h"

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace sluice::transform {
namespace {

[[noreturn]] void torn(const FrameHead& head, const std::string& what) {
  throw Unsafe("torn transaction: transaction " + std::to_string(head.transaction) +
               " of task " + head.task + " " + what +
               ". Reports stay as they were before it. Load the dataset under another name and with other report names, or "
               "restore the topics from a backup");
}

}  // namespace

DeltaChain::Step DeltaChain::read(const FrameHead& head, std::int64_t offset) {
  if (head.transaction < applied_.transaction) return Step::kSkip;
  if (head.transaction == applied_.transaction) {
    if (head.input_to != applied_.input_to) torn(head, "came twice with different contents");
    return Step::kSkip;
  }
  if (head.transaction != applied_.transaction + 1) {
    torn(head, "follows transaction " + std::to_string(applied_.transaction) +
                   "; those between are missing here");
  }
  if (applied_.transaction != 0 && head.input_from != applied_.input_to) {
    torn(head, "begins at input " + std::to_string(head.input_from) +
                   ", but the one before it ended at " + std::to_string(applied_.input_to));
  }
  if (!is_open_) {
    if (head.index != 0) torn(head, "has no beginning here");
    open_offset_ = offset;
  } else if (head.index != open_.index + 1 || head.count != open_.count ||
             head.input_to != open_.input_to) {
    torn(head, "was begun again before it was complete");
  }
  open_ = head;
  is_open_ = true;
  return head.index + 1 == head.count ? Step::kComplete : Step::kHold;
}

void DeltaChain::mark_applied() {
  applied_ = {open_.transaction, open_.input_to};
  is_open_ = false;
}

std::optional<std::int64_t> DeltaChain::held_from() const {
  if (!is_open_) return std::nullopt;
  return open_offset_;
}

std::string encode(const DeltaChain::Applied& applied) {
  std::string out;
  ByteWriter writer(out);
  writer.u8(1);
  writer.varint(applied.transaction);
  writer.signed_varint(applied.input_to);
  return out;
}

std::optional<DeltaChain::Applied> decode_applied(std::string_view bytes) {
  ByteCursor reader(bytes);
  if (reader.u8() != 1) return std::nullopt;
  DeltaChain::Applied applied;
  applied.transaction = reader.varint();
  applied.input_to = reader.signed_varint();
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return applied;
}

}  // namespace sluice::transform
