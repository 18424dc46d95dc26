#include "services/ingest/core/shard_task.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/base/error.h"
#include "common/base/partitioning.h"
#include "common/model/origin.h"
#include "common/rows/row_context.h"
#include "services/ingest/core/open_file.h"
#include "services/ingest/core/retry_lines.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kHashStep = 4 * 1024 * 1024;
// How many files that need no reading (duplicates, vanished ones) are settled in one step.
constexpr int kSettledPerStep = 100;

// Whether the letter holds the row as it was, and reading it once more can end otherwise. A row that is no text is
// kept with signs in the place of its bytes; one whose quote never closes goes on to the file's end; of one that is
// too long only the beginning is kept, or the record that it gave.
bool can_be_retried(const DeadLetter& letter) {
  return letter.rule != "encoding" && letter.rule != "unclosed_quote" && letter.rule != "size" &&
         letter.row.size() <= kMaxRetriedRow;
}

}  // namespace

ShardTask::ShardTask(ShardParts parts, std::int32_t shard)
    : parts_(std::move(parts)),
      shard_(shard),
      task_("ingest-" + std::to_string(shard)),
      chain_(task_) {}

// What it has not settled is another's now, or nobody's until it is started again.
ShardTask::~ShardTask() { parts_.events.backlog(shard_, {}); }

void ShardTask::tell_backlog() {
  parts_.events.backlog(shard_, {ledger_.unsettled(), ledger_.unaccounted_rows(), ledger_.oldest_unsettled_ms()});
}

// start() and what it restores: shard_restore.cc. commit() and what follows it: shard_commit.cc.

// --- inputs --------------------------------------------------------------------------------------

void ShardTask::process(const TopicPartition& from, std::span<const LogRecord> records) {
  SLUICE_CHECK(from.partition == shard_, "a shard reads its own partitions only");
  std::int64_t& next = next_input_.at(from.topic);
  const bool counts = from.topic == parts_.topics.file_counts();
  for (const LogRecord& record : records) {
    if (record.offset < next) continue;  // a consumer may rewind
    next = record.offset + 1;
    mark_dirty();
    counts ? take_counts(record) : take_announcement(record);
  }
}

void ShardTask::take_announcement(const LogRecord& record) {
  const auto file = announcement_from_json(record.value);
  if (!file) {
    parts_.events.message_ignored(parts_.topics.announcements(), record.offset,
                                  file.error().message);
    return;
  }
  const std::int64_t now = parts_.clock.unix_ms();
  switch (ledger_.announce(*file, now)) {
    case Ledger::Meaning::kNew:
      break;
    case Ledger::Meaning::kKnown:
      return;
    case Ledger::Meaning::kFinished:
      move_later(*file, true);
      return;
    case Ledger::Meaning::kFailedBefore:
      // Not there: it was seen before we moved it away.
      if (!stands_there(*file)) return;
      ledger_.enter(*file, now);
  }
  if (!file->error.empty()) {
    move_later(*file, false, file->error);
    file_ended_ = true;
  }
  for (const ArchivedFile& entry : file->entries) announce_.push_back(announcement_of(*file, entry));
  file_ended_ = file_ended_ || !file->entries.empty();
}

// An archive goes when all its files are settled.
void ShardTask::move_later(const Announcement& file, bool to_archive, std::string reason) {
  if (!file.inside) moves_.push_back({file, to_archive, std::move(reason), {}});
}

bool ShardTask::stands_there(const Announcement& file) {
  try {
    return parts_.files.identity(file) == identity_of(file);
  } catch (const SourceAway& away) {
    throw TaskBroken(away.what());  // neither yes nor no: the announcement is read again
  } catch (const AccessRefused&) {
    return false;  // it failed before, and nothing more can be known of it
  }
}

void ShardTask::take_counts(const LogRecord& record) {
  const auto counts = file_counts_from_json(record.value);
  if (!counts) {
    parts_.events.message_ignored(parts_.topics.file_counts(), record.offset,
                                  counts.error().message);
  } else if (!ledger_.fold(*counts, parts_.clock.unix_ms())) {
    parts_.events.message_ignored(parts_.topics.file_counts(), record.offset,
                                  "counts of a file that is not being worked on: " + counts->file);
  } else if (const FileEntry* entry = ledger_.find(counts->file);
             entry->entries > 0 && entry->is_final()) {
    move_later(entry->file, entry->state != FileState::kFailed, entry->error);
    file_ended_ = true;
  }
}

// --- work ----------------------------------------------------------------------------------------

bool ShardTask::work() {
  move_files();
  // A chunk is complete, or a file has ended: the next begins behind the commit.
  if (wants_commit(parts_.clock.steady_now(), false)) return true;
  if (!in_transaction_) take_over_datasets();
  open_more();
  if (!bring_readable_forward()) return dirty_ && (file_ended_ || !read_files_.empty());
  OpenFile& file = *current();
  try {
    file.short_of_memory = false;
    if (prepare(file)) {
      read_block(file);
      file.without_memory = 0;
    }
  } catch (const MemoryBusy&) {
    wait_for_memory(file);
  } catch (const SourceAway& away) {
    set_aside(file, away);
  } catch (const AccessRefused& refused) {
    put_off(file, refused);
  }
  return true;
}

bool ShardTask::is_away(const std::string& source) const {
  const auto found = away_.find(source);
  return found != away_.end() && parts_.clock.steady_now() < found->second;
}

// What it had in the open transaction is read again when its source is back.
void ShardTask::set_aside(OpenFile& file, const SourceAway& away) {
  parts_.events.source_away(file.entry->file, away.what());
  away_[file.entry->file.source] = parts_.clock.steady_now() + parts_.limits.away_retry;
  close_for_now(file);
}

// Others of its source go on meanwhile.
void ShardTask::put_off(OpenFile& file, const AccessRefused& refused) {
  const auto pause = parts_.limits.refused.pause_after(++file.refused);
  if (!pause) {
    file.entry->file.refused = true;
    fail_file(file, refused_for_good(refused.what(), file.refused));
    return;
  }
  parts_.events.access_refused(file.entry->file, refused.what());
  file.not_before = parts_.clock.steady_now() + *pause;
  close_for_now(file);
}

// Holding nothing: of two that wait for each other's memory none would ever go on.
void ShardTask::wait_for_memory(OpenFile& file) {
  file.short_of_memory = true;
  if (file.without_memory == 0) parts_.events.memory_short(file.entry->file);
  // Ever longer, and in each shard another time: two that need it both would else take it from each other for long.
  const auto pause = parts_.limits.memory_retry * (1 << std::min(file.without_memory++, 6));
  file.not_before = parts_.clock.steady_now() + pause + pause * (shard_ % 8) / 8;
  close_for_now(file);
}

void ShardTask::close_for_now(OpenFile& file) {
  if (file.pending.bytes > 0) take_back();
  file.reading.reset();
  file.check.reset();
  file.verifying.reset();
  file.hash = {};
  // It may be this file alone that cannot be read: the others of its source have their turn before it.
  std::ranges::rotate(open_files_, open_files_.begin() + 1);
}

ShardTask::OpenFile* ShardTask::current() {
  return open_files_.empty() ? nullptr : open_files_.front().get();
}

// Whether the file's source answers and did not refuse it just now, and its definition is here, or has been
// when it was opened.
bool ShardTask::can_be_read(const OpenFile& file) const {
  if (is_away(file.entry->file.source) || parts_.clock.steady_now() < file.not_before) return false;
  return file.reading != nullptr || parts_.datasets.find(file.entry->file.dataset) != nullptr;
}

// A file whose source or definition was taken away while it was read waits behind those that can go on. False:
// none can. The one in front has nothing pending then: a file that is being read can be read.
bool ShardTask::bring_readable_forward() {
  const auto first = std::ranges::find_if(
      open_files_, [this](const auto& file) { return can_be_read(*file); });
  if (first == open_files_.end()) return false;
  std::ranges::rotate(open_files_, first);
  return true;
}

void ShardTask::open_more() {
  // Of a backlog that is short of memory, or does not know what is late, not one after the other is opened only to wait.
  const auto counts = [this](const auto& file) {
    return file->short_of_memory || file->awaits_watermark || can_be_read(*file);
  };
  auto open = static_cast<std::size_t>(std::ranges::count_if(open_files_, counts));
  for (int settled = 0; settled < kSettledPerStep && open < parts_.limits.open_files;) {
    FileEntry* entry = ledger_.next_waiting([this](const FileEntry& e) {
      return !is_away(e.file.source) && parts_.datasets.find(e.file.dataset) != nullptr;
    });
    if (entry == nullptr) return;
    const std::int64_t now = parts_.clock.unix_ms();
    if (auto earlier = ledger_.already_read(entry->file.dataset, entry->file.sha256,
                                             entry->file.path_values)) {
      ledger_.mark_duplicate(*entry, std::move(*earlier), now);
      move_later(entry->file, true);
      mark_dirty();
      file_ended_ = true;
      ++settled;
      continue;
    }
    auto file = std::make_unique<OpenFile>();
    file->committed = *entry;
    ledger_.start_reading(*entry, now);
    file->entry = entry;
    mark_dirty();
    open_files_.push_back(std::move(file));
    ++open;
  }
}

// Opens the file, verifying its bytes first where rows of it are committed already. True when it
// can be read.
bool ShardTask::prepare(OpenFile& file) {
  if (file.reading != nullptr) return true;
  if (auto changed = changed_since(file.entry->file)) {
    fail_file(file, std::move(*changed));
    return false;
  }
  const auto dataset = parts_.datasets.find(file.entry->file.dataset);
  if (dataset == nullptr) return false;  // taken away just now
  if (!taken_over_.contains(dataset->name)) {
    topic(parts_.topics.records(dataset->name));  // Unsafe where there is none
    topic(parts_.topics.dead_letters(dataset->name));
    // It came just now. Taken over is outside a transaction: an open one ends first.
    file_ended_ = file_ended_ || in_transaction_;
    return false;
  }
  if (!note_watermark(file, *dataset)) return false;
  if (file.entry->next_byte > 0 && !verify_prefix(file)) return false;
  if (!keeps_to_budget(file, dataset)) return false;
  auto reading =
      FileReading::open(parts_.files, parts_.pool, dataset, *file.entry, parts_.limits.read);
  if (!reading) {
    // Another instance may have taken the retry by a definition that this one has not looked at yet.
    const auto waited = std::chrono::milliseconds(parts_.clock.unix_ms() - file.entry->started_ms);
    if (file.entry->file.source == kRetrySource && waited < parts_.limits.definition_wait) {
      file.not_before = parts_.clock.steady_now() + parts_.limits.definition_wait / 10;
      close_for_now(file);
      return false;
    }
    fail_file(file, reading.error().message);
    return false;
  }
  file.reading = std::move(*reading);
  file.records = topic(parts_.topics.records(dataset->name)).first;
  file.dead_letters = parts_.topics.dead_letters(dataset->name);
  const std::int32_t partitions = topic(parts_.topics.records(dataset->name)).second;
  if (partitions != dataset->partitions) {
    throw Unsafe("topic " + parts_.topics.records(dataset->name) + " has " +
                 std::to_string(partitions) + " partitions, the definition says " +
                 std::to_string(dataset->partitions));
  }
  parts_.events.reading_started(*file.entry, file.resumed);
  return true;
}

// Which rows are late is decided by what was known when the file's first row was read, and kept in the ledger: a restart
// in its middle decides the same of the rest. False: it is not known yet.
bool ShardTask::note_watermark(OpenFile& file, const Dataset& dataset) {
  file.late.reset();
  if (!dataset.rejects_late) return true;
  file.awaits_watermark = !parts_.watermarks.known();
  if (file.awaits_watermark) {
    file.not_before = parts_.clock.steady_now() + parts_.limits.watermark_retry;
    close_for_now(file);
    return false;
  }
  if (file.entry->next_byte == 0) {
    file.entry->watermark_ms = parts_.watermarks.of_ms(dataset.name, dataset.idle_seconds * 1000).value_or(0);
  }
  if (file.entry->watermark_ms != 0) file.late.emplace(dataset);
  return true;
}

// One step of reading a file for its error budget alone; of one of which rows are published that has been done. True
// when it may be read.
bool ShardTask::keeps_to_budget(OpenFile& file, const std::shared_ptr<const Dataset>& dataset) {
  const FileEntry& entry = *file.entry;
  if (!dataset->errors || file.within_budget || entry.next_byte > 0 || entry.file.source == kRetrySource) return true;
  if (file.check == nullptr) {
    auto reading = FileReading::open(parts_.files, parts_.pool, dataset, entry, parts_.limits.read);
    if (!reading) {
      fail_file(file, reading.error().message);
      return false;
    }
    file.check = std::make_unique<BudgetCheck>(std::move(*reading));
  }
  const std::uint64_t before = file.check->bytes();
  const auto whole = file.check->read_block();
  if (!whole) {
    fail_file(file, whole.error().message);
    return false;
  }
  if (!*whole) {
    // Others have their turn after as much as a chunk.
    const bool turn_is_over = before / parts_.limits.chunk_bytes != file.check->bytes() / parts_.limits.chunk_bytes;
    if (turn_is_over) std::ranges::rotate(open_files_, open_files_.begin() + 1);
    return false;
  }
  const auto check = std::move(file.check);  // it holds a decoder, which the reading will want
  file.within_budget = true;
  auto refusal = check->refusal();
  if (!refusal) return true;
  if (auto changed = changed_since(entry.file)) {
    fail_file(file, std::move(*changed));
    return false;
  }
  file.refused_letters = check->take_letters();
  file.dead_letters = parts_.topics.dead_letters(dataset->name);
  fail_file(file, *std::move(refusal));
  // What its receipt tells of: the rows that are kept.
  file.entry->rows = file.entry->rejected = file.refused_letters.size();
  return false;
}

// With the commit that says that their files failed, whatever was taken back before it.
void ShardTask::publish_refused_letters() {
  for (const auto& file : open_files_) {
    for (const DeadLetter& letter : file->refused_letters) publish_letter(*file, letter);
  }
}

// One step of hashing a resumed file. True when the bytes are those that were announced.
bool ShardTask::verify_prefix(OpenFile& file) {
  if (file.verifying == nullptr) {
    auto reader = parts_.files.open(file.entry->file, 0);
    if (!reader) {
      fail_file(file, reader.error().message);
      return false;
    }
    file.verifying = std::move(*reader);
  }
  std::string bytes(kHashStep, '\0');
  const auto got = file.verifying->read(bytes);
  if (!got) {
    fail_file(file, got.error().message);
    return false;
  }
  file.hash.add(std::string_view(bytes).substr(0, *got));
  if (*got == bytes.size()) return false;
  file.verifying.reset();
  if (file.hash.hex() == file.entry->file.sha256) return true;
  fail_file(file,
            "The file changed while it was read: after a restart its bytes were not those that "
            "were found.");
  return false;
}

void ShardTask::read_block(OpenFile& file) {
  auto block = file.reading->next();
  if (!block) {
    fail_file(file, block.error().message);
  } else if (!*block) {
    end_of_file(file);
  } else {
    publish(file, **block);
  }
}

void ShardTask::publish(OpenFile& file, const ParsedBlock& block) {
  mark_dirty();
  begin_if_needed();
  FileEntry& entry = *file.entry;
  const std::int32_t partitions = file.reading->dataset().partitions;
  std::string origin = entry.file.id + ":" + std::to_string(entry_of(entry.file.id)) + ":";
  const std::size_t stem = origin.size();
  std::uint64_t refused = 0;
  for (const ParsedRecord& record : block.records) {
    origin.resize(stem);
    origin += std::to_string(record.line);
    if (!record.origin.empty()) origin = record.origin;
    if (record.key.size() + record.value.size() > parts_.limits.max_message_bytes) {
      ++refused;
      refuse_record(file, record, "size",
                    "The row gives a record of " + std::to_string(record.key.size() + record.value.size()) +
                        " bytes; at most " + std::to_string(parts_.limits.max_message_bytes) + " can be sent.");
      continue;
    }
    // Who retries a row wants it, whenever it comes.
    if (file.late && record.origin.empty() && record.timestamp_ms && file.late->is_late_ms(*record.timestamp_ms, entry.watermark_ms)) {
      ++refused;
      refuse_record(file, record, "late",
                    "The row's time is " + to_string(Instant{*record.timestamp_ms * 1000}) +
                        "; its window was complete when the file came, for others had told of events up to " +
                        to_string(Instant{entry.watermark_ms * 1000}) +
                        ", and the definition says `late: reject`.");
      continue;
    }
    const std::array<Header, 2> headers{{{kOriginHeader, origin}, {kRetryHeader, entry.file.id}}};
    const bool retried = !record.origin.empty();
    OutgoingRecord out;
    out.key = record.key;
    out.value = record.value;
    out.timestamp_ms = record.timestamp_ms;
    out.headers = std::span(headers).first(retried ? 2 : 1);
    producer_->produce(file.records, partition_of(record.key, partitions), out);
    if (retried) take_away_letter(file, record.origin);
  }
  for (DeadLetter letter : block.letters) {
    if (letter.id.empty()) letter.context = file.reading->context();
    publish_letter(file, std::move(letter));
  }
  const std::uint64_t bytes = block.next_byte - entry.next_byte;
  entry.rows += block.rows;
  entry.published += block.records.size() - refused;
  entry.rejected += block.letters.size() + refused;
  entry.next_byte = block.next_byte;
  entry.next_line = block.next_line;
  file.pending.bytes += bytes;
  file.pending.rows += block.rows;
  file.pending.published += block.records.size() - refused;
  ledger_.touch(entry);
}

// A good row whose record cannot go on. Of the row only what became of it is at hand.
void ShardTask::refuse_record(OpenFile& file, const ParsedRecord& record, std::string_view rule, std::string reason) {
  DeadLetter letter;
  letter.line = record.line;
  letter.rule = rule;
  letter.reason = std::move(reason);
  letter.row = record.value;
  publish_letter(file, std::move(letter));
}

// The row is a record now, in the same transaction.
void ShardTask::take_away_letter(OpenFile& file, std::string_view id) {
  const Header header{kRetryHeader, file.entry->file.id};
  OutgoingRecord out;
  out.key = id;
  out.tombstone = true;
  out.headers = {&header, 1};
  const auto& [handle, partitions] = topic(file.dead_letters);
  producer_->produce(handle, partition_of(id, partitions), out);
}

// A letter that was one before has an id, and all that belongs to it.
void ShardTask::publish_letter(OpenFile& file, DeadLetter letter) {
  const Announcement& from = file.entry->file;
  letter.dataset = from.dataset;
  letter.stage = "ingest";
  if (letter.id.empty()) {
    letter.file = from.id;
    letter.file_name = from.name;
    letter.entry = entry_of(from.id);
    letter.id = from.id + ":" + std::to_string(letter.entry) + ":" + std::to_string(letter.line);
    if (!can_be_retried(letter)) letter.context.clear();
  } else {
    letter.retry = from.id;  // it was one before
  }
  std::string json = to_json(letter);
  while (json.size() > parts_.limits.max_message_bytes) {
    if (!letter.reason.ends_with("here.")) {
      letter.reason += " The row is too long for a message; only its beginning is kept here.";
    }
    letter.context.clear();
    letter.row.resize(letter.row.size() / 2);
    if (letter.row.empty()) letter.reason.resize(std::min<std::size_t>(letter.reason.size(), 500));
    json = to_json(letter);
    if (letter.row.empty()) break;
  }
  const DeadLetterHeaders headers = headers_of(letter, {file.dead_letters, shard_, parts_.clock.unix_ms()});
  OutgoingRecord out;
  out.key = letter.id;
  out.value = json;
  out.headers = headers.headers;
  const auto& [handle, partitions] = topic(file.dead_letters);
  producer_->produce(handle, partition_of(letter.id, partitions), out);
  ++file.pending.dead_letters[letter.rule];
}

void ShardTask::end_of_file(OpenFile& file) {
  FileEntry& entry = *file.entry;
  if (file.reading->counts_files_bytes() && entry.next_byte != entry.file.bytes_to_read()) {
    fail_file(file, "The file changed while it was read: it had " +
                        std::to_string(entry.file.bytes_to_read()) + " bytes and ended at " +
                        std::to_string(entry.next_byte) + ".");
    return;
  }
  file.ended = true;
  file.reading.reset();  // up to files_together wait for the commit: none with a descriptor and a decoder
  mark_dirty();
  // It is the current one. In the ledger it is read to its end only with the commit: copies of it wait
  // until then.
  read_files_.push_back(std::move(open_files_.front()));
  open_files_.erase(open_files_.begin());
  file_ended_ = file_ended_ || !another_fits();
}

bool ShardTask::another_fits() const {
  return read_files_.size() < parts_.limits.files_together &&
         pending_bytes() < parts_.limits.chunk_bytes / 2 &&
         std::ranges::any_of(open_files_, [this](const auto& file) { return can_be_read(*file); });
}

std::size_t ShardTask::pending_bytes() const {
  std::size_t sum = 0;
  for (const auto* files : {&read_files_, &open_files_}) {
    for (const auto& file : *files) sum += file->pending.bytes;
  }
  return sum;
}

// What was produced since the last commit is taken back; what was committed stays, and its counts
// are still folded into the failed file's entry.
void ShardTask::fail_file(OpenFile& file, std::string reason) {
  if (file.pending.bytes > 0 || file.ended) take_back();
  FileEntry& entry = *file.entry;
  if (entry.rows > 0) {
    reason += " Its first " + std::to_string(entry.rows) +
              " rows had been published before and stay counted.";
  }
  move_later(entry.file, false, reason);
  ledger_.mark_failed(entry, std::move(reason), parts_.clock.unix_ms());
  file.reading.reset();
  file.check.reset();
  file.ended = true;
  file_ended_ = true;
  mark_dirty();
}

// Ends the open transaction without what it holds; those of its files that can be read are read again.
void ShardTask::take_back() {
  if (in_transaction_) {
    producer_->abort();
    in_transaction_ = false;
  }
  std::ranges::move(read_files_, std::back_inserter(open_files_));
  read_files_.clear();
  for (const auto& file : open_files_) {
    FileEntry& entry = *file->entry;
    const bool in_it = file->pending.bytes > 0 || file->ended;
    if (!in_it || entry.state == FileState::kFailed) continue;
    entry.next_byte = file->committed.next_byte;
    entry.next_line = file->committed.next_line;
    entry.rows = file->committed.rows;
    entry.published = file->committed.published;
    entry.rejected = file->committed.rejected;
    file->pending = {};
    file->ended = false;
    file->reading.reset();
    file->hash = {};
  }
}

std::optional<std::string> ShardTask::changed_since(const Announcement& file) {
  if (parts_.files.pins_bytes(file)) return std::nullopt;
  const auto now = parts_.files.identity(file);
  if (!now) return "The file was taken away while it was read.";
  if (*now != identity_of(file)) {
    return "The file changed while it was read; its new content is taken as a new file.";
  }
  return std::nullopt;
}

std::pair<TopicHandle, std::int32_t> ShardTask::topic(const std::string& name) {
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second;
  const auto made = std::pair(producer_->topic(name), parts_.log.partition_count(name));
  return topics_.emplace(name, made).first->second;
}

}  // namespace sluice::ingest
