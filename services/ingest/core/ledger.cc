#include "services/ingest/core/ledger.h"

#include <algorithm>
#include <charconv>

#include "common/base/check.h"
#include "common/model/origin.h"

namespace sluice::ingest {
namespace {

// One delivery: this file, at this path, with these bytes, for this dataset. A copy has another inode
// or path; a definition that came since may take the same file for another dataset.
std::uint64_t identity_of(const Announcement& file) {
  std::string text = file.source;
  text += '\0';
  text += file.path;
  text += '\0';
  text += std::to_string(file.bytes) + ' ' + std::to_string(file.mtime_ns) + ' ' +
          std::to_string(file.inode) + ' ' + file.version + ' ' + file.sha256 + ' ' + file.dataset;
  return std::hash<std::string>{}(text);
}

// What is read once only: these bytes as this dataset. 16 of the 32 bytes: enough to never meet twice,
// small enough to keep for every file ever read.
std::string content_key(std::string_view dataset, std::string_view sha256,
                        std::string_view path_values) {
  std::string key;
  for (std::size_t i = 0; i + 1 < std::min<std::size_t>(sha256.size(), 32); i += 2) {
    unsigned value = 0;
    std::from_chars(sha256.data() + i, sha256.data() + i + 2, value, 16);
    key += static_cast<char>(value);
  }
  key.append(dataset);
  if (!path_values.empty()) key.append(1, '/').append(path_values);
  return key;
}

// What was published before the failure still gets its counts, so that the numbers add up.
bool awaits_counts(const FileEntry& entry) {
  return entry.published > entry.records + entry.corrections + entry.duplicates + entry.poisoned;
}

bool is_final(const FileEntry& entry) {
  switch (entry.state) {
    case FileState::kDone:
    case FileState::kDuplicate:
      return true;
    case FileState::kFailed:
      return !awaits_counts(entry);
    default:
      return false;
  }
}

}  // namespace

std::uint64_t place_of(std::string_view file_id) {
  std::uint64_t place = 0;
  std::from_chars(file_id.data(), file_id.data() + file_id.size(), place);
  return place;
}

void Ledger::index(const FileEntry& entry) {
  Delivery& known = deliveries_[identity_of(entry.file)];
  known.place = place_of(entry.file.id);
  known.failed = entry.state == FileState::kFailed;
  known.settled = known.failed || entry.fully_read || entry.state == FileState::kDone ||
                  entry.state == FileState::kDuplicate;
  known.finished_ms = entry.finished_ms;
  const bool read = entry.fully_read && entry.state != FileState::kFailed;
  const std::string content = content_key(entry.file.dataset, entry.file.sha256, entry.file.path_values);
  if (read) contents_.try_emplace(content, known.place);
  if (entry.state == FileState::kWaiting) {
    waiting_.emplace(known.place, entry.file.id);
  } else {
    waiting_.erase({known.place, entry.file.id});
  }
  if (entry.state == FileState::kReading && !entry.fully_read) {
    contents_being_read_[content] = entry.file.id;
  } else if (const auto reader = contents_being_read_.find(content);
             reader != contents_being_read_.end() && reader->second == entry.file.id) {
    contents_being_read_.erase(reader);
  }
}

void Ledger::restore(FileEntry entry) {
  index(entry);
  if (is_final(entry)) {
    open_.erase(entry.file.id);
  } else {
    const std::string id = entry.file.id;
    open_.insert_or_assign(id, std::move(entry));
  }
}

Ledger::Meaning Ledger::announce(const Announcement& file, std::int64_t now_ms) {
  const auto known = deliveries_.find(identity_of(file));
  if (known != deliveries_.end()) {
    const Delivery& earlier = known->second;
    if (!earlier.settled) return Meaning::kKnown;
    if (!earlier.failed) return Meaning::kFinished;
    // Found before it failed: another instance saw the same delivery.
    return file.found_ms <= earlier.finished_ms ? Meaning::kKnown : Meaning::kFailedBefore;
  }
  if (open_.contains(file.id)) return Meaning::kKnown;
  enter(file, now_ms);
  return Meaning::kNew;
}

void Ledger::enter(const Announcement& file, std::int64_t now_ms) {
  FileEntry entry;
  entry.file = file;
  entry.state = FileState::kWaiting;
  entry.started_ms = now_ms;
  if (!file.error.empty()) {
    entry.state = FileState::kFailed;
    entry.error = file.error;
    entry.finished_ms = now_ms;
  }
  index(entry);
  changed_.insert(file.id);
  open_.insert_or_assign(file.id, std::move(entry));
}

FileEntry* Ledger::next_waiting(const std::function<bool(const FileEntry&)>& ready) {
  for (const auto& [place, id] : waiting_) {
    FileEntry& entry = open_.at(id);
    const std::string content = content_key(entry.file.dataset, entry.file.sha256, entry.file.path_values);
    if (!contents_being_read_.contains(content) && ready(entry)) return &entry;
  }
  return nullptr;
}

std::optional<std::string> Ledger::already_read(std::string_view dataset,
                                                std::string_view sha256,
                                                std::string_view path_values) const {
  const auto found = contents_.find(content_key(dataset, sha256, path_values));
  if (sha256.empty() || found == contents_.end()) return std::nullopt;
  return file_id(found->second, sha256);
}

void Ledger::start_reading(FileEntry& entry, std::int64_t now_ms) {
  SLUICE_CHECK(entry.state == FileState::kWaiting, "only a waiting file can be started");
  entry.state = FileState::kReading;
  entry.started_ms = now_ms;
  index(entry);
  touch(entry);
}

void Ledger::mark_fully_read(FileEntry& entry, std::int64_t now_ms) {
  entry.fully_read = true;
  settle_if_balanced(entry, now_ms);
  index(entry);
  touch(entry);
}

void Ledger::mark_duplicate(FileEntry& entry, std::string of, std::int64_t now_ms) {
  entry.state = FileState::kDuplicate;
  entry.duplicate_of = std::move(of);
  entry.finished_ms = now_ms;
  index(entry);
  touch(entry);
}

void Ledger::mark_failed(FileEntry& entry, std::string reason, std::int64_t now_ms) {
  entry.state = FileState::kFailed;
  entry.error = std::move(reason);
  entry.finished_ms = now_ms;
  index(entry);
  touch(entry);
}

void Ledger::settle_if_balanced(FileEntry& entry, std::int64_t now_ms) {
  if (entry.state != FileState::kReading || !entry.balanced()) return;
  entry.state = FileState::kDone;
  entry.finished_ms = now_ms;
}

bool Ledger::fold(const FileCounts& counts, std::int64_t now_ms) {
  FileEntry* entry = find(counts.file);
  if (entry == nullptr) return false;
  entry->records += counts.records;
  entry->corrections += counts.corrections;
  entry->duplicates += counts.duplicates;
  entry->poisoned += counts.poisoned;
  entry->late += counts.late;
  settle_if_balanced(*entry, now_ms);
  index(*entry);
  touch(*entry);
  return true;
}

FileEntry* Ledger::find(const std::string& id) {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second;
}

std::vector<FileEntry*> Ledger::reading() {
  std::vector<FileEntry*> out;
  for (auto& [id, entry] : open_) {
    if (entry.state == FileState::kReading && !entry.fully_read) out.push_back(&entry);
  }
  std::ranges::sort(out, {}, [](const FileEntry* e) { return place_of(e->file.id); });
  return out;
}

std::vector<FileEntry*> Ledger::unbalanced() {
  std::vector<FileEntry*> out;
  for (auto& [id, entry] : open_) {
    if (entry.state == FileState::kReading && entry.fully_read) out.push_back(&entry);
  }
  return out;
}

std::vector<const FileEntry*> Ledger::take_changed() {
  std::vector<const FileEntry*> out;
  written_.assign(changed_.begin(), changed_.end());
  changed_.clear();
  for (const std::string& id : written_) out.push_back(&open_.at(id));
  return out;
}

void Ledger::forget_finished() {
  for (const std::string& id : written_) {
    const auto found = open_.find(id);
    if (found != open_.end() && is_final(found->second)) open_.erase(found);
  }
  written_.clear();
}

std::int64_t Ledger::oldest_unsettled_ms() const {
  std::int64_t oldest = 0;
  for (const auto& [id, entry] : open_) {
    if (entry.state == FileState::kFailed) continue;
    if (oldest == 0 || entry.file.found_ms < oldest) oldest = entry.file.found_ms;
  }
  return oldest;
}

}  // namespace sluice::ingest
