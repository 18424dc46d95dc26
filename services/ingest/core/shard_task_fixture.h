#pragma once
// A shard task in a world in memory: a log with faults, a folder, one dataset.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "common/model/origin.h"
#include "services/ingest/core/shard_task.h"
#include "tests/support/memory_log.h"

namespace sluice::ingest {

using testing::FaultPlan;
using testing::MemoryLog;
using testing::SimulatedCrash;

class MemoryFiles final : public FileSource {
 public:
  struct File {
    std::string content;
    FileIdentity identity;
  };
  std::map<std::string, File> landing, archived, rejected;
  std::map<std::string, std::string> reasons;
  std::map<std::string, std::string> inside;  // of archives, by archive and path there
  bool moves_fail = false;
  std::set<std::string> away;    // sources that cannot be reached, and paths that cannot be read now
  std::set<std::string> closed;  // files that may not be read
  std::set<std::string> busy;    // files whose decoders have no memory now
  std::function<void()> after_read = [] {};
  int open_readers = 0;

  void put(const std::string& path, std::string content) {
    landing[path] = {content, {content.size(), 100 + static_cast<std::int64_t>(inode_), inode_}};
    ++inode_;
  }
  std::optional<FileIdentity> identity(const Announcement& file) override {
    check_there(file.source);
    check_open(file);
    return identity_at(file.inside ? archive_of(file).path : file.path);
  }
  std::optional<FileIdentity> identity_at(const std::string& path) const {
    const auto found = landing.find(path);
    if (found == landing.end()) return std::nullopt;
    return found->second.identity;
  }
  Result<std::unique_ptr<FileReader>> open(const Announcement& file,
                                           std::uint64_t from_byte) override {
    check(file);
    return std::make_unique<Reader>(*this, file, content_of(file).substr(from_byte));
  }
  bool pins_bytes(const Announcement& file) const override { return file.source == "s3"; }
  Result<bool> archive(const Announcement& file) override { return move(file, archived); }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    reasons[file.path] = reason;
    return move(file, rejected);
  }

  void check_there(const std::string& what) const {
    if (away.contains(what)) throw SourceAway(what + " does not answer");
  }
  const std::string& content_of(const Announcement& file) const {
    return file.inside ? inside.at(file.path) : landing.at(file.path).content;
  }

 private:
  void check_open(const Announcement& file) const {
    if (closed.contains(file.path)) throw AccessRefused(file.path + " is closed");
  }
  void check(const Announcement& file) const {
    check_there(file.source);
    check_there(file.path);
    check_open(file);
  }
  struct Reader final : FileReader {
    Reader(MemoryFiles& f, Announcement a, std::string r)
        : files(f), file(std::move(a)), rest(std::move(r)) {
      ++files.open_readers;
    }
    ~Reader() override { --files.open_readers; }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Result<std::size_t> read(std::span<char> into) override {
      files.check_there(file.source);
      files.check_open(file);
      if (files.busy.contains(file.path)) throw MemoryBusy("no memory is free");
      const std::size_t size = rest.copy(into.data(), into.size());
      rest.erase(0, size);
      files.after_read();
      return size;
    }
    MemoryFiles& files;
    Announcement file;
    std::string rest;
  };
  Result<bool> move(const Announcement& file, std::map<std::string, File>& to) {
    if (moves_fail) return fail("the disk is full");
    if (identity_at(file.path) != identity_of(file)) return false;
    to[file.path] = landing.at(file.path);
    landing.erase(file.path);
    return true;
  }
  std::uint64_t inode_ = 1;
};

// id: string, the key; n: integer, required.
inline Dataset things() {
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
  std::shared_ptr<const Dataset> later;  // another one
  std::shared_ptr<const Dataset> find(const std::string& name) override {
    for (const auto& known : all()) {
      if (known->name == name) return known;
    }
    return nullptr;
  }
  std::vector<std::shared_ptr<const Dataset>> all() const override {
    std::vector<std::shared_ptr<const Dataset>> out;
    for (const auto& known : {dataset, later}) {
      if (known != nullptr) out.push_back(known);
    }
    return out;
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
    if (effect.empty() || is_after != after_it || !name.starts_with(effect) || countdown-- > 0)
      return;
    effect.clear();
    throw SimulatedCrash{name};
  }
};

class RecordedEvents final : public IngestEvents {
 public:
  std::vector<std::string> lines;
  Backlog told;  // last
  void backlog(std::int32_t, const Backlog& backlog) override { told = backlog; }
  void reading_started(const FileEntry& e, bool resumed) override {
    lines.push_back((resumed ? "resumed " : "started ") + e.file.path);
  }
  void settled(const FileEntry& e) override {
    lines.push_back(std::string(to_string(e.state)) + " " + e.file.path);
  }
  void access_refused(const Announcement& file, std::string_view) override {
    lines.push_back("refused " + file.name);
  }
  void source_away(const Announcement& file, std::string_view) override {
    lines.push_back("away " + file.path);
  }
  void message_ignored(std::string_view topic, std::int64_t, std::string_view) override {
    lines.push_back("ignored " + std::string(topic));
  }
};

// What a test says.
class ToldWatermarks final : public Watermarks {
 public:
  std::optional<std::int64_t> of_ms(const std::string& /*dataset*/, std::int64_t /*idle_ms*/) const override { return ms; }
  bool known() const override { return is_known; }
  std::optional<std::int64_t> ms;
  bool is_known = true;
};

struct Seen {
  std::string key, value, origin;
  bool operator==(const Seen&) const = default;
};

class ShardTaskTest : public ::testing::Test {
 protected:
  ShardTaskTest() {
    for (const TopicSettings& topic : installation_topics(topics, 1))
      log.create_topic(topic.name, topic.partitions);
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
    task = std::make_unique<ShardTask>(
        ShardParts{log, files, datasets, pool, clock, events, topics, watermarks, limits}, 0);
    positions.clear();
    for (const Position& position : task->start())
      positions[position.partition.topic] = position.next_offset;
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
  std::string announce(const std::string& path, const std::string& sha256_of = {},
                       const std::string& dataset = "things",
                       const std::string& source = "folder") {
    Announcement out;
    Sha256 hash;
    hash.add(sha256_of.empty() ? files.landing.at(path).content : sha256_of);
    out.sha256 = hash.hex();
    out.id = file_id(place++, out.sha256);
    out.path = out.name = path;
    out.source = source;
    out.dataset = dataset;
    const FileIdentity identity = files.identity_at(path).value();
    out.bytes = identity.bytes;
    out.mtime_ns = identity.mtime_ns;
    out.inode = identity.inode;
    out.found_ms = clock.unix_ms();
    send(out);
    return out.id;
  }
  // An archive in the landing folder, with what it holds; an entry without content cannot be read.
  std::string announce_archive(const std::string& path,
                               const std::vector<std::pair<std::string, std::string>>& entries) {
    if (!files.landing.contains(path)) files.put(path, "archive " + std::to_string(place));
    Announcement out;
    Sha256 hash;
    hash.add(files.landing.at(path).content);
    out.sha256 = hash.hex();
    out.id = file_id(place++, out.sha256);
    out.path = out.name = path;
    out.source = "folder";
    const FileIdentity identity = files.identity_at(path).value();
    out.bytes = identity.bytes;
    out.mtime_ns = identity.mtime_ns;
    out.inode = identity.inode;
    out.found_ms = clock.unix_ms();
    for (const auto& [name, content] : entries) {
      ArchivedFile& entry = out.entries.emplace_back();
      entry.entry = static_cast<std::uint32_t>(out.entries.size());
      entry.path = name;
      entry.dataset = "things";
      if (content.empty()) {
        entry.error = "The file is empty.";
        continue;
      }
      Sha256 of_entry;
      of_entry.add(content);
      entry.sha256 = of_entry.hex();
      entry.bytes = content.size();
      files.inside[path + "/" + name] = content;
    }
    send(out);
    return out.id;
  }
  // What the ledger says of the nth file of an archive.
  FileEntry entry_in(const std::string& archive, std::uint32_t number) {
    FileEntry out;
    const std::string start = std::to_string(place_of(archive)) + "." + std::to_string(number) + "-";
    for (const Seen& message : messages(topics.files())) {
      if (message.key.starts_with(start)) out = file_entry_from_json(message.value).value();
    }
    return out;
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
  static std::multiset<std::string> lines(const std::string& id, std::uint64_t from,
                                          std::uint64_t to) {
    std::multiset<std::string> out;
    for (std::uint64_t line = from; line <= to; ++line)
      out.insert(id + ":0:" + std::to_string(line));
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
    for (int i = 0; i < count; ++i)
      out += "k" + std::to_string(i) + "," + std::to_string(i * 7) + "\n";
    return out;
  }

  Topics topics;
  CrashAt faults;
  MemoryLog log{faults};
  MemoryFiles files;
  OneDataset datasets;
  ParsePool pool{0};
  ManualClock clock;
  ToldWatermarks watermarks;
  RecordedEvents events;
  ShardLimits limits;
  std::unique_ptr<ShardTask> task;
  std::map<std::string, std::int64_t> positions;
  std::uint64_t place = 1;
};

}  // namespace sluice::ingest
