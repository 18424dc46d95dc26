#include "common/model/event_time.h"

namespace sluice {

std::optional<std::int64_t> watermark_ms(std::int64_t reached_ms, std::int64_t finished_ms, bool any_unsettled,
                                         std::int64_t idle_ms, std::int64_t now_ms) {
  std::optional<std::int64_t> out;
  if (reached_ms != 0) out = reached_ms;
  const bool idle = idle_ms > 0 && !any_unsettled && finished_ms != 0 && now_ms - finished_ms >= idle_ms;
  if (idle) out = std::max(out.value_or(now_ms - idle_ms), now_ms - idle_ms);
  return out;
}

void FileProgress::take(const FileEntry& entry) {
  OfDataset& of = datasets_[entry.file.dataset];
  if (!entry.is_final()) {
    of.unsettled.insert(entry.file.id);
    return;
  }
  of.unsettled.erase(entry.file.id);
  of.finished_ms = std::max(of.finished_ms, entry.finished_ms);
  if (entry.state == FileState::kDone) of.reached_ms = later_ms(of.reached_ms, entry.reached_ms());
}

std::optional<std::int64_t> FileProgress::watermark_ms(const std::string& dataset, std::int64_t idle_ms,
                                                       std::int64_t now_ms) const {
  const auto found = datasets_.find(dataset);
  if (found == datasets_.end()) return std::nullopt;
  const OfDataset& of = found->second;
  return sluice::watermark_ms(of.reached_ms, of.finished_ms, !of.unsettled.empty(), idle_ms, now_ms);
}

}  // namespace sluice
