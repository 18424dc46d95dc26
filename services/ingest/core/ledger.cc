#include "services/ingest/core/ledger.h"

#include <algorithm>
#include <charconv>

#include "common/base/check.h"
#include "common/model/event_time.h"
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

// Of the failed files of an archive, in its own receipt; each has its reason in its own.
constexpr std::size_t kFailuresTold = 4000;

std::string why_archive_failed(const FileEntry& archive) {
  std::string out = std::to_string(archive.entries_failed) + " of the " +
                    std::to_string(archive.entries) +
                    " files in this archive could not be read; the others were.";
  if (archive.entries_failed == archive.entries) {
    out = "None of the " + std::to_string(archive.entries) +
          " files in this archive could be read.";
  }
  return out + archive.failures;
}

}  // namespace

void Ledger::index(const FileEntry& entry) {
  const bool is_archive = entry.entries > 0;
  // A file in an archive comes once with each delivery of that.
  if (!entry.file.inside) {
    Delivery& known = deliveries_[identity_of(entry.file)];
    known.failed = entry.state == FileState::kFailed;
    known.settled = known.failed || entry.state == FileState::kDone ||
                    entry.state == FileState::kDuplicate || (entry.fully_read && !is_archive);
    known.finished_ms = entry.finished_ms;
  }
  const Turn turn{place_of(entry.file.id), entry_of(entry.file.id)};
  // Of an archive it is its files that are recognised.
  const bool read = entry.fully_read && entry.state != FileState::kFailed && !is_archive;
  const std::string content = content_key(entry.file.dataset, entry.file.sha256, entry.file.path_values);
  if (read) contents_.try_emplace(content, turn);
  if (entry.state == FileState::kWaiting) {
    waiting_.emplace(turn, entry.file.id);
  } else {
    waiting_.erase({turn, entry.file.id});
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
  if (entry.is_final()) {
    open_.erase(entry.file.id);
  } else {
    const std::string id = entry.file.id;
    open_.insert_or_assign(id, std::move(entry));
  }
}

Ledger::Meaning Ledger::announce(const Announcement& file, std::int64_t now_ms) {
  const auto known = deliveries_.find(identity_of(file));
  if (known != deliveries_.end() && !file.inside) {
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
  entry.file.entries.clear();
  entry.state = FileState::kWaiting;
  entry.started_ms = now_ms;
  if (!file.entries.empty()) {
    entry.state = FileState::kReading;
    entry.entries = file.entries.size();
    entry.fully_read = true;
  }
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
  for (const auto& [turn, id] : waiting_) {
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
  return file_id(found->second.first, sha256, found->second.second);
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
  if (entry.entries_failed > 0) {
    entry.state = FileState::kFailed;
    entry.error = why_archive_failed(entry);
  } else if (entry.entries > 0 && entry.entries_duplicate == entry.entries) {
    entry.state = FileState::kDuplicate;
  }
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
  entry->event_max_ms = later_ms(entry->event_max_ms, counts.event_max_ms);
  entry->entries_settled += counts.entries_settled;
  entry->entries_failed += counts.entries_failed;
  entry->entries_duplicate += counts.entries_duplicate;
  if (!counts.failure.empty() && entry->failures.size() + counts.failure.size() <= kFailuresTold) {
    entry->failures += " " + counts.failure;
  }
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
  std::ranges::sort(out, {}, [](const FileEntry* e) {
    return std::pair(place_of(e->file.id), entry_of(e->file.id));
  });
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
    if (found != open_.end() && found->second.is_final()) open_.erase(found);
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

std::uint64_t Ledger::unaccounted_rows() const {
  std::uint64_t out = 0;
  for (const auto& [id, entry] : open_) out += entry.rows - std::min(entry.rows, entry.accounted_rows());
  return out;
}

}  // namespace sluice::ingest
