#include "services/ingest/core/discovery.h"

#include <set>

namespace sluice::ingest {

void Discovery::being_written(const std::string& path) {
  if (is_temporary_name(path)) return;
  Candidate& candidate = candidates_[path];
  candidate.evidence = Evidence::kWriting;
  candidate.check_at = Clock::Steady::max();
}

void Discovery::closed(const std::string& path, Clock::Steady now) {
  stands(path, Evidence::kClosed, now);
}

void Discovery::moved_in(const std::string& path, Clock::Steady now) {
  stands(path, Evidence::kMovedIn, now);
}

void Discovery::stands(const std::string& path, Evidence evidence, Clock::Steady now) {
  if (is_temporary_name(path)) return;
  Candidate& candidate = candidates_[path];
  candidate.evidence = evidence;
  candidate.identity.reset();
  candidate.unchanged_since = now;
  candidate.check_at = now;  // to see its size and time; complete when they hold
  reported_.erase(path);
}

void Discovery::gone(const std::string& path) {
  candidates_.erase(path);
  reported_.erase(path);
}

void Discovery::forget_events() {
  for (auto& [path, candidate] : candidates_) {
    candidate = Candidate{};
    candidate.check_at = Clock::Steady::max();
  }
}

void Discovery::scanned(const std::vector<Sighting>& all, Clock::Steady now) {
  std::set<std::string_view> present;
  for (const Sighting& seen : all) {
    present.insert(seen.path);
    if (is_temporary_name(seen.path)) continue;
    const auto reported = reported_.find(seen.path);
    if (reported != reported_.end() && reported->second == seen.identity) continue;
    const auto [candidate, is_new] = candidates_.try_emplace(seen.path);
    if (is_new) candidate->second.unchanged_since = now;
    // Also one that is said to be written: whoever wrote it may have been a link, or its close was
    // missed.
    if (is_new || candidate->second.check_at == Clock::Steady::max())
      candidate->second.check_at = now;
  }
  std::erase_if(candidates_, [&](const auto& item) { return !present.contains(item.first); });
  std::erase_if(reported_, [&](const auto& item) { return !present.contains(item.first); });
}

std::vector<std::string> Discovery::due(Clock::Steady now) const {
  std::vector<std::string> out;
  for (const auto& [path, candidate] : candidates_) {
    if (candidate.check_at <= now) out.push_back(path);
  }
  return out;
}

std::optional<Clock::Steady> Discovery::next_due() const {
  std::optional<Clock::Steady> next;
  for (const auto& [path, candidate] : candidates_) {
    if (candidate.check_at == Clock::Steady::max()) continue;
    if (!next || candidate.check_at < *next) next = candidate.check_at;
  }
  return next;
}

std::chrono::milliseconds Discovery::settle_time(const Candidate& candidate, Writer writer) const {
  if (candidate.evidence == Evidence::kClosed) return settings_.settle;
  if (writer == Writer::kNo) return std::chrono::milliseconds(0);
  return candidate.evidence == Evidence::kMovedIn ? settings_.settle : settings_.settle_unknown;
}

bool Discovery::look(const std::string& path, const std::optional<Sighting>& seen, Writer writer,
                     Clock::Steady now) {
  const auto found = candidates_.find(path);
  if (found == candidates_.end()) return false;
  if (!seen) {
    gone(path);
    return false;
  }
  Candidate& candidate = found->second;
  const bool irregular = seen->kind != FileKind::kRegular;
  if (!irregular && writer == Writer::kYes) {
    being_written(path);
    return false;
  }
  if (candidate.identity != seen->identity) {
    candidate.identity = seen->identity;
    candidate.unchanged_since = now;
  }
  // Only its writer's close, or the kernel's word that there is no writer, ends writing.
  if (!irregular && candidate.evidence == Evidence::kWriting && writer == Writer::kCannotTell) {
    candidate.check_at = Clock::Steady::max();
    return false;
  }
  const std::chrono::milliseconds settle = settle_time(candidate, writer);
  if (!irregular && now - candidate.unchanged_since < settle) {
    candidate.check_at = candidate.unchanged_since + settle;
    return false;
  }
  reported_[path] = seen->identity;
  candidates_.erase(found);
  return true;
}

}  // namespace sluice::ingest
