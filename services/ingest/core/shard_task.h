#pragma once
// A shard of ingest: owns the files whose bytes hash to it. Takes announcements, reads the files in
// chunks, and puts each chunk's records and dead letters, the file's ledger entry and the task's
// commit record into one Kafka transaction; small files that wait together share one, for it is its
// commit that takes the time. Files are moved away only after that. Also folds what stage 1 made of
// the records into the receipts.
//
// An archive is announced with the list of its files. Its shard announces each of them, to the shard
// that owns its bytes, and that tells it what became of it: both in transactions, so that each is said
// exactly once. The archive is settled, and moved away, when all its files are.
//
// After a crash: start() fences the older owner, reads the ledger and the commit records to the
// true end of their topics, and goes on at the next byte that was not committed.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/definition/definition.h"
#include "common/model/commit_record.h"
#include "common/model/topics.h"
#include "common/ports/log.h"
#include "common/ports/task.h"
#include "common/ports/watermarks.h"
#include "services/ingest/core/file_reading.h"
#include "services/ingest/core/file_source.h"
#include "services/ingest/core/ingest_events.h"
#include "services/ingest/core/ledger.h"
#include "services/ingest/core/parse_pool.h"
#include "services/ingest/core/refused_tries.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {

// The definitions in force; thread-safe.
class Datasets {
 public:
  virtual ~Datasets() = default;
  // Null: no such dataset here (yet); its files wait.
  virtual std::shared_ptr<const Dataset> find(const std::string& name) = 0;
  // Those that find() finds.
  virtual std::vector<std::shared_ptr<const Dataset>> all() const = 0;
};

struct ShardLimits {
  std::size_t chunk_bytes = 8 * 1024 * 1024;  // of the file, in one transaction
  std::chrono::milliseconds chunk_time{500};
  // Small files share a transaction while others wait to be read.
  std::size_t files_together = 100;
  std::chrono::milliseconds together_time{100};
  std::size_t open_files = 4;                 // read in turns, a chunk each
  std::size_t max_message_bytes = 8'000'000;  // below the topics' max.message.bytes, with headers
  std::chrono::milliseconds move_retry{5000};
  std::chrono::milliseconds away_retry{2000};  // a source that could not be reached
  std::chrono::milliseconds memory_retry{100};  // of a file whose decoder has no memory now
  std::chrono::milliseconds watermark_retry{100};  // of a file whose late rows cannot be told yet
  RefusedTries refused;                        // of a file that may not be read
  std::chrono::milliseconds definition_wait{5000};  // of a retry, for the definition that it names
  ReadLimits read;
};

// Everything outlives the task.
struct ShardParts {
  Log& log;
  FileSource& files;
  Datasets& datasets;
  ParsePool& pool;
  const Clock& clock;
  IngestEvents& events;
  Topics topics;
  const Watermarks& watermarks;
  ShardLimits limits{};
};

class ShardTask final : public Task {
 public:
  ShardTask(ShardParts parts, std::int32_t shard);
  ~ShardTask() override;

  std::vector<Position> start() override;
  void process(const TopicPartition& from, std::span<const LogRecord> records) override;
  // One block of one file.
  bool work() override;
  bool wants_commit(Clock::Steady now, bool input_idle) const override;
  void commit() override;

 private:
  struct OpenFile;
  struct Move {
    Announcement file;
    bool to_archive = true;
    std::string reason;
    Clock::Steady not_before{};
  };

  // The partitions that a dataset's files are written to, of all datasets that came since the last
  // call and have their topics; outside a transaction.
  void take_over_datasets();
  void restore_commits();
  void restore_ledger();
  void check_untorn(std::uint64_t newest_in_ledger, std::uint64_t entries_of_newest) const;
  void take_announcement(const LogRecord& record);
  bool stands_there(const Announcement& file);
  void move_later(const Announcement& file, bool to_archive, std::string reason = {});
  void take_counts(const LogRecord& record);
  void open_more();
  bool prepare(OpenFile& file);
  bool verify_prefix(OpenFile& file);
  void read_block(OpenFile& file);
  bool keeps_to_budget(OpenFile& file, const std::shared_ptr<const Dataset>& dataset);
  void publish_refused_letters();
  void publish(OpenFile& file, const ParsedBlock& block);
  bool note_watermark(OpenFile& file, const Dataset& dataset);
  void take_away_letter(OpenFile& file, std::string_view id);
  void publish_letter(OpenFile& file, DeadLetter letter);
  void refuse_record(OpenFile& file, const ParsedRecord& record, std::string_view rule, std::string reason);
  void end_of_file(OpenFile& file);
  bool another_fits() const;
  std::size_t pending_bytes() const;
  void fail_file(OpenFile& file, std::string reason);
  void take_back();
  void set_aside(OpenFile& file, const SourceAway& away);
  void put_off(OpenFile& file, const AccessRefused& refused);
  void wait_for_memory(OpenFile& file);
  void close_for_now(OpenFile& file);
  bool is_away(const std::string& source) const;
  std::optional<std::string> changed_since(const Announcement& file);
  void check_unchanged();
  bool check_unchanged(OpenFile& file);
  void settle_read_files();
  void begin_if_needed();
  void announce_entries();
  void tell_archives(const std::vector<FileEntry>& written, std::uint64_t transaction);
  void tell_backlog();
  void after_commit(const std::vector<FileEntry>& written);
  void move_files();
  void mark_dirty();
  OpenFile* current();
  bool can_be_read(const OpenFile& file) const;
  bool bring_readable_forward();

  ShardParts parts_;
  std::int32_t shard_;
  std::string task_;
  CommitChain chain_;
  Ledger ledger_;
  std::map<std::string, std::int64_t> next_input_;  // topic -> next offset
  std::unique_ptr<TransactionalProducer> producer_;
  std::map<std::string, std::pair<TopicHandle, std::int32_t>> topics_;  // handle, partitions
  std::set<std::string> taken_over_;                                    // datasets
  Clock::Steady take_over_not_before_{};
  bool in_transaction_ = false;
  bool dirty_ = false;       // something to commit
  bool file_ended_ = false;  // commit now
  Clock::Steady dirty_since_{};
  std::vector<std::unique_ptr<OpenFile>> open_files_;  // front: the one whose turn it is
  std::vector<std::unique_ptr<OpenFile>> read_files_;  // to their end, in the open transaction
  std::map<std::string, Clock::Steady> away_;          // source -> when it is tried again
  std::vector<Announcement> announce_;                 // files of archives, with the next commit
  std::vector<Move> moves_;                            // to be done after their commit
  std::vector<Move> due_moves_;

  std::pair<TopicHandle, std::int32_t> topic(const std::string& name);
};

}  // namespace sluice::ingest
