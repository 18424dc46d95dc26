#include "services/ingest/core/shard_task.h"

#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/origin.h"
#include "tests/support/memory_log.h"

namespace sluice::ingest {
namespace {

using testing::FaultPlan;
using testing::MemoryLog;
using testing::SimulatedCrash;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MemoryFiles final : public FileSource {
 public:
  struct File {
    std::string content;
    FileIdentity identity;
  };
  std::map<std::string, File> landing, archived, rejected;
  std::map<std::string, std::string> reasons;
  bool moves_fail = false;
  std::function<void()> after_read = [] {};

  void put(const std::string& path, std::string content) {
    landing[path] = {content, {content.size(), 100 + static_cast<std::int64_t>(inode_), inode_}};
    ++inode_;
  }
  std::optional<FileIdentity> identity(const std::string& path) override {
    const auto found = landing.find(path);
    if (found == landing.end()) return std::nullopt;
    return found->second.identity;
  }
  Result<std::unique_ptr<FileReader>> open(const std::string& path, std::uint64_t from_byte) override {
    return std::make_unique<Reader>(*this, landing.at(path).content.substr(from_byte));
  }
  Result<bool> archive(const Announcement& file) override { return move(file, archived); }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    reasons[file.path] = reason;
    return move(file, rejected);
  }

 private:
  struct Reader final : FileReader {
    Reader(MemoryFiles& f, std::string r) : files(f), rest(std::move(r)) {}
    Result<std::size_t> read(std::span<char> into) override {
      const std::size_t size = rest.copy(into.data(), into.size());
      rest.erase(0, size);
      files.after_read();
      return size;
    }
    MemoryFiles& files;
    std::string rest;
  };
  Result<bool> move(const Announcement& file, std::map<std::string, File>& to) {
    if (moves_fail) return fail("the disk is full");
    if (identity(file.path) != identity_of(file)) return false;
    to[file.path] = landing.at(file.path);
    landing.erase(file.path);
    return true;
  }
  std::uint64_t inode_ = 1;
};

// id: string, the key; n: integer, required.
Dataset things() {
  Dataset dataset;
  dataset.name = "things";
  dataset.files = {"*.csv"};
  FieldSpec id;
  id.name = id.source = "id";
  id.required = true;
  FieldSpec n;
  n.name = n.source = "n";
  n.type = FieldType::kInteger;
  n.required = true;
  n.first_column = 1;
  dataset.fields = {id, n};
  dataset.columns = {{"id", ColumnType::kString, false}, {"n", ColumnType::kInteger, false}};
  dataset.key = {0};
  dataset.partitions = 2;
  return dataset;
}

class OneDataset final : public Datasets {
 public:
  std::shared_ptr<const Dataset> dataset = std::make_shared<Dataset>(things());
  std::shared_ptr<const Dataset> find(const std::string& name) override {
    return dataset != nullptr && name == dataset->name ? dataset : nullptr;
  }
};

// Crashes at the nth effect whose name begins so.
class CrashAt final : public FaultPlan {
 public:
  std::string effect;
  int countdown = 0;
  bool after_it = false;
  void before(const std::string& name) override { hit(name, false); }
  void after(const std::string& name) override { hit(name, true); }

 private:
  void hit(const std::string& name, bool is_after) {
    if (effect.empty() || is_after != after_it || !name.starts_with(effect) || countdown-- > 0) return;
    effect.clear();
    throw SimulatedCrash{name};
  }
};

class RecordedEvents final : public IngestEvents {
 public:
  std::vector<std::string> lines;
  void reading_started(const FileEntry& e, bool resumed) override {
    lines.push_back((resumed ? "resumed " : "started ") + e.file.path);
  }
  void settled(const FileEntry& e) override { lines.push_back(std::string(to_string(e.state)) + " " + e.file.path); }
  void message_ignored(std::string_view topic, std::int64_t, std::string_view) override {
    lines.push_back("ignored " + std::string(topic));
  }
};

struct Seen {
  std::string key, value, origin;
  bool operator==(const Seen&) const = default;
};

class ShardTaskTest : public ::testing::Test {
 protected:
  ShardTaskTest() {
    for (const TopicSettings& topic : installation_topics(topics, 1)) log.create_topic(topic.name, topic.partitions);
    for (const TopicSettings& topic : dataset_topics(topics, "things", {}, 2)) {
      log.create_topic(topic.name, topic.partitions);
    }
    limits.chunk_bytes = 64;
    limits.read.block_bytes = 32;
    limits.read.blocks_ahead = 2;
    limits.open_files = 2;
  }

  void start() {
    task.reset();
    task = std::make_unique<ShardTask>(ShardParts{log, files, datasets, pool, clock, events, topics, limits}, 0);
    positions.clear();
    for (const Position& position : task->start()) positions[position.partition.topic] = position.next_offset;
  }
  // Feeds, works and commits until nothing is left to do.
  void run() {
    for (bool more = true; more;) {
      more = false;
      for (auto& [topic, next] : positions) {
        const auto fetched = log.fetch({topic, 0}, next, 10);
        if (!fetched.records.empty()) task->process({topic, 0}, fetched.records);
        more = more || fetched.next_offset > next;
        next = fetched.next_offset;
      }
      more = task->work() || more;
      if (task->wants_commit(clock.steady_now(), !more)) {
        task->commit();
        more = true;
      }
    }
  }
  // A crash, or a broken task: the ordinary start is the only recovery.
  void run_through_faults() {
    for (;;) {
      try {
        if (task == nullptr) start();
        run();
        return;
      } catch (const SimulatedCrash&) {
        task.reset();
      } catch (const TaskBroken&) {
        task.reset();
      }
    }
  }
  std::string announce(const std::string& path, const std::string& sha256_of = {}) {
    Announcement out;
    Sha256 hash;
    hash.add(sha256_of.empty() ? files.landing.at(path).content : sha256_of);
    out.sha256 = hash.hex();
    out.id = file_id(place++, out.sha256);
    out.path = out.name = path;
    out.source = "folder";
    out.dataset = "things";
    const FileIdentity identity = files.identity(path).value();
    out.bytes = identity.bytes;
    out.mtime_ns = identity.mtime_ns;
    out.inode = identity.inode;
    out.found_ms = clock.unix_ms();
    send(out);
    return out.id;
  }
  void send(const Announcement& announcement) {
    OutgoingRecord record;
    const std::string json = to_json(announcement);
    record.key = announcement.id;
    record.value = json;
    log.plain_producer()->send(topics.announcements(), 0, record);
  }
  void counts(const std::string& id, std::uint64_t records, std::uint64_t duplicates = 0) {
    FileCounts out;
    out.file = id;
    out.records = records;
    out.duplicates = duplicates;
    const std::string json = to_json(out);
    OutgoingRecord record;
    record.key = id;
    record.value = json;
    log.plain_producer()->send(topics.file_counts(), 0, record);
  }
  std::vector<Seen> messages(const std::string& topic, std::int32_t partitions = 1) {
    log.settle();
    std::vector<Seen> out;
    for (std::int32_t p = 0; p < partitions; ++p) {
      for (const LogRecord& r : log.fetch({topic, p}, 0, 1'000'000).records) {
        out.push_back({std::string(r.key), std::string(r.value), std::string(r.origin)});
      }
    }
    return out;
  }
  // Origins of all records, by line.
  std::multiset<std::string> origins() {
    std::multiset<std::string> out;
    for (const Seen& record : messages(topics.records("things"), 2)) out.insert(record.origin);
    return out;
  }
  static std::multiset<std::string> lines(const std::string& id, std::uint64_t from, std::uint64_t to) {
    std::multiset<std::string> out;
    for (std::uint64_t line = from; line <= to; ++line) out.insert(id + ":0:" + std::to_string(line));
    return out;
  }
  FileEntry entry(const std::string& id) {
    FileEntry out;
    for (const Seen& message : messages(topics.files())) {
      if (message.key == id) out = file_entry_from_json(message.value).value();
    }
    return out;
  }
  static std::string rows(int count) {
    std::string out = "id,n\n";
    for (int i = 0; i < count; ++i) out += "k" + std::to_string(i) + "," + std::to_string(i * 7) + "\n";
    return out;
  }

  Topics topics;
  CrashAt faults;
  MemoryLog log{faults};
  MemoryFiles files;
  OneDataset datasets;
  ParsePool pool{0};
  ManualClock clock;
  RecordedEvents events;
  ShardLimits limits;
  std::unique_ptr<ShardTask> task;
  std::map<std::string, std::int64_t> positions;
  std::uint64_t place = 1;
};

TEST_F(ShardTaskTest, AFileBecomesRecordsInChunksAndIsArchivedAfterTheLastCommit) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51));
  const FileEntry read = entry(id);
  EXPECT_EQ(read.state, FileState::kReading);
  EXPECT_TRUE(read.fully_read);
  EXPECT_EQ(read.rows, 50U);
  EXPECT_EQ(read.published, 50U);
  EXPECT_EQ(read.next_byte, rows(50).size());
  EXPECT_GT(messages(topics.files()).size(), 3U) << "several transactions";
  EXPECT_TRUE(files.archived.contains("a.csv"));
  EXPECT_THAT(files.landing, IsEmpty());
}

TEST_F(ShardTaskTest, ARecordHasItsKeyItsJsonAndItsOrigin) {
  files.put("a.csv", "id,n\nx,5\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_THAT(messages(topics.records("things"), 2), ElementsAre(Seen{"x", R"({"id":"x","n":5})", id + ":0:2"}));
}

TEST_F(ShardTaskTest, TheReceiptBalancesWhenStageOneHasAccountedForEveryRecord) {
  files.put("a.csv", rows(10));
  const std::string id = announce("a.csv");
  start();
  run();
  counts(id, 6);
  run();
  EXPECT_EQ(entry(id).state, FileState::kReading);
  counts(id, 3, 1);
  run();
  const FileEntry done = entry(id);
  EXPECT_EQ(done.state, FileState::kDone);
  EXPECT_EQ(done.records, 9U);
  EXPECT_EQ(done.duplicates, 1U);
  EXPECT_TRUE(done.balanced());
  EXPECT_EQ(events.lines.back(), "done a.csv");
}

TEST_F(ShardTaskTest, ABrokenRowIsADeadLetterWithItsLineAndColumnAndItsNeighboursGoOn) {
  files.put("a.csv", "id,n\na,1\nb,many\nc,3\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), (std::multiset<std::string>{id + ":0:2", id + ":0:4"}));
  const auto letters = messages(topics.dead_letters("things"), 2);
  ASSERT_EQ(letters.size(), 1U);
  EXPECT_EQ(letters[0].key, id + ":0:3");
  const DeadLetter letter = dead_letter_from_json(letters[0].value).value();
  EXPECT_EQ(letter.line, 3U);
  EXPECT_EQ(letter.column, "n");
  EXPECT_EQ(letter.dataset, "things");
  EXPECT_EQ(letter.file_name, "a.csv");
  EXPECT_EQ(letter.stage, "ingest");
  EXPECT_EQ(letter.row, "b,many");
  EXPECT_THAT(letter.reason, HasSubstr("many"));
  const FileEntry read = entry(id);
  EXPECT_EQ(read.rows, 3U);
  EXPECT_EQ(read.published, 2U);
  EXPECT_EQ(read.rejected, 1U);
}

TEST_F(ShardTaskTest, WhateverIsInterruptedEveryRowIsPublishedExactlyOnce) {
  struct Case {
    const char* effect;
    bool after;
  };
  for (const Case c : {Case{"produce", false}, Case{"commit", false}, Case{"commit", true}, Case{"init", false}}) {
    for (int countdown = 0; countdown < 60; countdown += c.effect == std::string("produce") ? 7 : 1) {
      CrashAt fresh_faults;
      MemoryFiles fresh_files;
      files = fresh_files;
      const std::string path = std::string(c.effect) + (c.after ? "-after" : "") + std::to_string(countdown) + ".csv";
      // Bytes of its own, so that it is no duplicate of an earlier round.
      files.put(path, rows(30) + "own," + std::to_string(place) + "\n");
      const std::string id = announce(path);
      faults.effect = c.effect;
      faults.countdown = countdown;
      faults.after_it = c.after;
      run_through_faults();
      faults.effect.clear();
      std::multiset<std::string> mine;
      for (const std::string& origin : origins()) {
        if (origin.starts_with(id + ":")) mine.insert(origin);
      }
      EXPECT_EQ(mine, lines(id, 2, 32)) << path;
      EXPECT_TRUE(entry(id).fully_read) << path;
      EXPECT_EQ(entry(id).published, 31U) << path;
      EXPECT_TRUE(files.archived.contains(path)) << path;
    }
  }
}

TEST_F(ShardTaskTest, AfterACrashInTheMiddleReadingGoesOnAtTheNextByte) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 3;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  const FileEntry half = entry(id);
  EXPECT_GT(half.next_byte, 0U);
  EXPECT_FALSE(half.fully_read);
  EXPECT_EQ(origins().size(), half.rows);
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51));
  EXPECT_THAT(events.lines, ElementsAre("started a.csv", "resumed a.csv"));
}

TEST_F(ShardTaskTest, AFileOfOtherBytesAfterACrashFailsAndWhatWasCommittedStaysCounted) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 3;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  files.landing.at("a.csv").content[10] = 'X';  // same size, time and inode
  start();
  run();
  const FileEntry failed = entry(id);
  EXPECT_EQ(failed.state, FileState::kFailed);
  EXPECT_THAT(failed.error, HasSubstr("changed while it was read"));
  EXPECT_EQ(failed.published, origins().size());
  EXPECT_GT(failed.published, 0U);
  EXPECT_TRUE(files.rejected.contains("a.csv"));
}

TEST_F(ShardTaskTest, AFileThatChangesWhileItIsReadFailsAndNothingOfTheChunkIsSeen) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  start();
  files.after_read = [&] { files.landing.at("a.csv").identity.mtime_ns = 999; };
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("changed while it was read"));
  EXPECT_EQ(entry(id).published, 0U);
  EXPECT_THAT(origins(), IsEmpty());
  EXPECT_TRUE(files.landing.contains("a.csv")) << "its new content is another delivery";
}

TEST_F(ShardTaskTest, AFileThatIsTakenAwayFailsWithASentence) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  files.landing.clear();
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("taken away"));
}

TEST_F(ShardTaskTest, TheSameBytesUnderAnotherNameAreADuplicateAndArchived) {
  files.put("a.csv", rows(5));
  files.put("copy.csv", rows(5));
  const std::string id = announce("a.csv");
  const std::string copy = announce("copy.csv");
  start();
  run();
  EXPECT_EQ(entry(copy).state, FileState::kDuplicate);
  EXPECT_EQ(entry(copy).duplicate_of, id);
  EXPECT_EQ(origins(), lines(id, 2, 6));
  EXPECT_TRUE(files.archived.contains("copy.csv"));
}

TEST_F(ShardTaskTest, TheSameDeliveryAnnouncedAgainMakesNoSecondReceipt) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  announce("a.csv");
  files.moves_fail = true;
  start();
  run();
  EXPECT_TRUE(files.landing.contains("a.csv"));
  announce("a.csv");  // the watcher of a restarted service
  files.moves_fail = false;
  start();
  run();
  std::set<std::string> ids;
  for (const Seen& message : messages(topics.files())) ids.insert(message.key);
  EXPECT_THAT(ids, ElementsAre(id));
  EXPECT_TRUE(files.archived.contains("a.csv"));
}

TEST_F(ShardTaskTest, AWrongHeaderFailsTheFileBeforeAnyRow) {
  files.put("a.csv", "id,number\nx,5\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("number"));
  EXPECT_EQ(entry(id).rows, 0U);
  EXPECT_THAT(origins(), IsEmpty());
  EXPECT_THAT(files.reasons["a.csv"], HasSubstr("number"));
}

TEST_F(ShardTaskTest, AFileThatIsAnnouncedWithAnErrorFailsWithIt) {
  files.put("a.csv", "");
  Announcement broken;
  broken.id = file_id(7, "");
  broken.path = broken.name = "a.csv";
  broken.error = "The file is empty.";
  const FileIdentity identity = files.identity("a.csv").value();
  broken.mtime_ns = identity.mtime_ns;
  broken.inode = identity.inode;
  send(broken);
  start();
  run();
  EXPECT_EQ(entry(broken.id).state, FileState::kFailed);
  EXPECT_EQ(entry(broken.id).error, "The file is empty.");
  EXPECT_EQ(files.reasons["a.csv"], "The file is empty.");
  EXPECT_EQ(events.lines.back(), "failed a.csv");
}

TEST_F(ShardTaskTest, AFailedFileThatIsPutBackIsTriedAgain) {
  files.put("a.csv", "id,number\nx,5\n");
  const std::string first = announce("a.csv");
  start();
  run();
  ASSERT_TRUE(files.rejected.contains("a.csv"));
  clock.advance(std::chrono::milliseconds(1000));
  auto wider = std::make_shared<Dataset>(things());
  wider->fields[1].source = "number";
  datasets.dataset = wider;
  files.landing["a.csv"] = files.rejected.at("a.csv");  // moved back: same size, time and inode
  const std::string second = announce("a.csv");
  run();
  EXPECT_EQ(entry(first).state, FileState::kFailed);
  EXPECT_TRUE(entry(second).fully_read);
  EXPECT_EQ(origins(), lines(second, 2, 2));
}

TEST_F(ShardTaskTest, AMoveThatFailsIsRepeatedLater) {
  files.put("a.csv", rows(5));
  announce("a.csv");
  files.moves_fail = true;
  start();
  run();
  EXPECT_TRUE(files.landing.contains("a.csv"));
  files.moves_fail = false;
  task->work();
  EXPECT_TRUE(files.landing.contains("a.csv")) << "not before its time";
  clock.advance(limits.move_retry);
  task->work();
  EXPECT_TRUE(files.archived.contains("a.csv"));
}

TEST_F(ShardTaskTest, FilesAreReadInTurnsAChunkEach) {
  files.put("large.csv", rows(200));
  files.put("small.csv", rows(3));
  announce("large.csv");
  const std::string small = announce("small.csv");
  counts(small, 3);
  start();
  run();
  EXPECT_LT(std::ranges::find(events.lines, "done small.csv"), events.lines.end());
  // The small one was finished while the large one was being read.
  const auto written = messages(topics.files());
  const auto small_read = std::ranges::find_if(written, [&](const Seen& m) {
    return m.key == small && file_entry_from_json(m.value)->fully_read;
  });
  EXPECT_GT(written.end() - small_read, 5);
}

TEST_F(ShardTaskTest, AFileOfADefinitionThatIsNotHereWaits) {
  files.put("a.csv", rows(5));
  const std::string id = announce("a.csv");
  const auto known = std::exchange(datasets.dataset, nullptr);
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kWaiting);
  datasets.dataset = known;
  run();
  EXPECT_TRUE(entry(id).fully_read);
}

TEST_F(ShardTaskTest, ForeignMessagesAreIgnoredAndTold) {
  OutgoingRecord junk;
  junk.key = "k";
  junk.value = "not json";
  log.plain_producer()->send(topics.announcements(), 0, junk);
  log.plain_producer()->send(topics.file_counts(), 0, junk);
  counts("99-000000000000", 1);
  start();
  run();
  EXPECT_EQ(events.lines.size(), 3U);
}

TEST_F(ShardTaskTest, RecordsThatWereTakenBeforeAreDroppedWhenTheConsumerRewinds) {
  files.put("a.csv", rows(3));
  const std::string id = announce("a.csv");
  start();
  run();
  counts(id, 2);
  run();
  positions[topics.file_counts()] = 0;
  run();
  EXPECT_EQ(entry(id).records, 2U);
}

TEST_F(ShardTaskTest, ANewerOwnerFencesTheOlder) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  auto older = std::move(task);
  const auto announced = log.fetch({topics.announcements(), 0}, 0, 10);
  older->process({topics.announcements(), 0}, announced.records);
  older->work();
  start();
  run();
  EXPECT_THROW(older->commit(), Fenced);
  EXPECT_EQ(origins(), lines(id, 2, 51));
}

TEST_F(ShardTaskTest, ATornTransactionStopsTheShard) {
  files.put("a.csv", rows(50));
  announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 2;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  task.reset();
  log.tear("sluice-ingest-0", topics.files());  // the ledger says more than the commit record
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(ShardTaskTest, ACommitRecordWithoutItsLedgerEntriesStopsTheShard) {
  files.put("a.csv", rows(50));
  announce("a.csv");
  faults.effect = "commit";
  faults.countdown = 2;
  start();
  EXPECT_THROW(run(), SimulatedCrash);
  task.reset();
  log.tear("sluice-ingest-0", topics.ingest_commits());
  EXPECT_THROW(start(), Unsafe);
}

TEST_F(ShardTaskTest, ACompactedLedgerRestoresTheSame) {
  files.put("a.csv", rows(50));
  const std::string id = announce("a.csv");
  start();
  run();
  log.settle();
  log.compact({topics.files(), 0});
  log.compact({topics.ingest_commits(), 0});
  counts(id, 50);
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kDone);
}

TEST_F(ShardTaskTest, ARecordTooLongForAMessageIsADeadLetter) {
  limits.max_message_bytes = 1000;
  limits.read.block_bytes = 2000;
  files.put("a.csv", "id,n\n" + std::string(1000, 'x') + ",1\nb,2\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(origins(), lines(id, 3, 3));
  EXPECT_EQ(entry(id).rejected, 1U);
  EXPECT_EQ(entry(id).rows, 2U);
}

TEST_F(ShardTaskTest, TheResultIsTheSameWithAndWithoutThreads) {
  files.put("a.csv", rows(500));
  const std::string id = announce("a.csv");
  ParsePool threads(2);
  task = std::make_unique<ShardTask>(ShardParts{log, files, datasets, threads, clock, events, topics, limits}, 0);
  for (const Position& position : task->start()) positions[position.partition.topic] = position.next_offset;
  run();
  EXPECT_EQ(origins(), lines(id, 2, 501));
  // Within a partition the records stand in the file's order.
  std::uint64_t last = 0;
  log.settle();
  for (const LogRecord& r : log.fetch({topics.records("things"), 0}, 0, 100'000).records) {
    const std::uint64_t line = parse_origin(r.origin)->line;
    EXPECT_GT(line, last);
    last = line;
  }
}

}  // namespace
}  // namespace sluice::ingest
