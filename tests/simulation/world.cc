#include "tests/simulation/world.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "common/definition/definition_parser.h"
#include "common/model/origin.h"
#include "common/model/retried_letter.h"
#include "services/ingest/core/retry_lines.h"
#include "services/transform/core/task_parts.h"

namespace sluice::testing {
namespace {

constexpr std::int32_t kShards = 2;
constexpr std::size_t kMachines = 2;
constexpr const char* kReportName = "monthly_restaurants_report";

// What a shard compares a resumed file's bytes with.
std::string sha256_of(const std::string& content) {
  ingest::Sha256 hash;
  hash.add(content);
  return hash.hex();
}

ingest::ShardLimits small_limits() {
  ingest::ShardLimits limits;
  limits.chunk_bytes = 2000;  // many transactions per file
  limits.read.block_bytes = 700;
  limits.read.blocks_ahead = 2;
  limits.move_retry = std::chrono::milliseconds(10);
  return limits;
}

Dataset dataset_of(const std::string& definition) {
  auto parsed = parse_definition(definition, "bookings.yaml");
  if (!parsed) throw std::runtime_error("the test's own definition is refused");
  return *std::move(parsed);
}

}  // namespace

World::World(std::uint64_t seed, const std::string& definition) : faults_(seed), log_(faults_), folder_(faults_) {
  auto dataset = std::make_shared<Dataset>(dataset_of(definition));
  datasets_.dataset = dataset;
  for (const TopicSettings& topic : installation_topics(topics_, kShards)) {
    log_.create_topic(topic.name, topic.partitions);
  }
  for (const TopicSettings& topic :
       dataset_topics(topics_, dataset->name, {kReportName}, dataset->partitions)) {
    log_.create_topic(topic.name, topic.partitions);
  }
  for (std::size_t i = 0; i < kMachines; ++i) {
    machines_.push_back(std::make_unique<MemoryStateStores>(faults_));
    transforms_.push_back(std::make_unique<transform::TransformTasks>(
        std::vector{datasets_.dataset}, topics_, log_, *machines_.back(), clock_,
        transform_events_, watermarks_));
  }
  for (std::int32_t p = 0; p < kShards; ++p) {
    slots_.push_back({{"ingest", p}, {topics_.announcements(), topics_.file_counts()}, nullptr, {}, 0});
  }
  for (const TaskKind& kind : transforms_.front()->kinds()) {
    for (std::int32_t p = 0; p < kind.partitions; ++p) {
      slots_.push_back({{kind.kind, p}, kind.topics, nullptr, {}, 0});
    }
  }
}

World::~World() = default;

void World::mend(const std::string& definition) {
  auto dataset = std::make_shared<Dataset>(dataset_of(definition));
  if (dataset->fingerprint != datasets_.dataset->fingerprint) throw std::runtime_error("that is no mend");
  datasets_.dataset = dataset;
}

void World::retry() {
  const bool faults = std::exchange(faults_.enabled, false);
  std::string content = ingest::first_line_of_retry(*datasets_.dataset);
  bool any = false;
  for (const auto& [id, letter] : open_letters()) {
    if (letter.context.empty()) continue;
    content += retried_letter_line(letter);
    any = true;
  }
  if (any) announce(put("retry-" + std::to_string(place_), content, std::string(ingest::kRetrySource)));
  faults_.enabled = faults;
}

Announcement World::put(const std::string& name, const std::string& content, const std::string& source) {
  folder_.put(name, content);
  Announcement a;
  a.sha256 = sha256_of(content);
  a.id = file_id(place_++, a.sha256);
  a.source = source;
  a.path = a.name = name;
  a.dataset = datasets_.dataset->name;
  const auto identity = folder_.identity_at(name).value();
  a.bytes = identity.bytes;
  a.mtime_ns = identity.mtime_ns;
  a.inode = identity.inode;
  a.found_ms = clock_.unix_ms();
  return a;
}

void World::announce(const Announcement& file) {
  const std::string json = to_json(file);
  OutgoingRecord record;
  record.key = file.id;
  record.value = json;
  log_.plain_producer()->send(topics_.announcements(), shard_of(file.id, kShards), record);
}

void World::deliver(const std::vector<BookingFile>& files) {
  const bool faults = std::exchange(faults_.enabled, false);
  std::vector<Announcement> sent;
  for (const BookingFile& file : files) sent.push_back(put(file.name, file.content, "folder"));
  // Arrival order is not discovery order; what was announced may be announced again, in a later place.
  std::vector<Announcement> order = sent;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[faults_.below(i)]);
  for (const Announcement& a : sent) {
    if (!faults_.chance(0.3)) continue;
    Announcement again = a;
    again.id = file_id(place_++, a.sha256);
    order.push_back(again);
  }
  for (const Announcement& a : order) announce(a);
  faults_.enabled = faults;
}

std::unique_ptr<Task> World::make(const TaskId& id, std::size_t machine) {
  if (id.kind == "ingest") {
    ingest::ShardParts parts{log_, folder_, datasets_, pool_, clock_, ingest_events_, topics_, watermarks_, small_limits()};
    return std::make_unique<ingest::ShardTask>(parts, id.partition);
  }
  return transforms_[machine]->make(id);
}

std::string World::store_name(const Slot& slot) const {
  return transform::task_name(slot.id.kind, slot.id.partition);
}

void World::lose(Slot& slot, bool process_died) {
  // Before the object goes, which a broker's own fault does not wait for.
  if (faults_.enabled && faults_.chance(0.2)) {
    log_.lose_transaction(topics_.prefix() + "-" + store_name(slot));
  }
  slot.task.reset();
  slot.positions.clear();
  ++restarts_;
  if (slot.id.kind == "ingest" || !process_died) return;
  MemoryStateStores& disk = *machines_[slot.machine];
  disk.crash(store_name(slot), faults_.below(disk.unflushed(store_name(slot)) + 1));
  if (faults_.enabled && faults_.chance(0.05)) disk.wipe(store_name(slot));
}

template <typename Step>
bool World::guarded(Slot& slot, Step step) {
  try {
    step();
    return true;
  } catch (const SimulatedCrash&) {
    lose(slot, true);
  } catch (const TaskBroken&) {
    lose(slot, false);
  }
  return false;
}

bool World::ensure_started(Slot& slot) {
  if (slot.task) return true;
  return guarded(slot, [&] {
    slot.task = make(slot.id, slot.machine);
    for (const Position& at : slot.task->start()) slot.positions[at.partition] = at.next_offset;
  });
}

bool World::feed(Slot& slot, const std::string& topic, std::size_t max_records) {
  const TopicPartition from{topic, slot.id.partition};
  const auto position = slot.positions.find(from);
  if (position == slot.positions.end()) throw std::runtime_error("no position for " + topic);
  const MemoryLog::Fetched some = log_.fetch(from, position->second, max_records);
  if (some.next_offset == position->second) return false;
  guarded(slot, [&] {
    if (!some.records.empty()) slot.task->process(from, some.records);
    slot.positions[from] = some.next_offset;
  });
  return true;
}

void World::random_event() {
  Slot& slot = slots_[faults_.below(slots_.size())];
  clock_.advance(std::chrono::milliseconds(faults_.below(300)));
  const std::uint64_t dice = faults_.below(100);
  if (dice < 1) {
    // Killed between two steps; it may come back on the other machine.
    lose(slot, true);
    if (faults_.chance(0.5)) slot.machine = faults_.below(kMachines);
    return;
  }
  if (dice < 2 && slot.task && zombies_.size() < 4) {
    // Taken for dead: another machine starts it while the old one is only asleep.
    const std::size_t other = (slot.machine + 1) % kMachines;
    Slot awake{slot.id, slot.topics, nullptr, {}, other};
    zombies_.push_back(std::move(slot));
    slot = std::move(awake);
    return;
  }
  if (dice < 4 && !zombies_.empty()) {
    // It wakes up and goes on as if nothing had happened.
    Slot zombie = std::move(zombies_.back());
    zombies_.pop_back();
    // Its successor must have started for it to be fenced; before that it is the owner still.
    if (!ensure_started(slots_[faults_.below(slots_.size())])) return;
    guarded(zombie, [&] {
      for (const std::string& topic : zombie.topics) feed(zombie, topic, 5);
      if (zombie.task) zombie.task->work();
      if (zombie.task) zombie.task->commit();
    });
    zombie.task.reset();
    return;
  }
  if (dice < 6) {
    const TopicPartition compacted[] = {
        {topics_.files(), static_cast<std::int32_t>(faults_.below(kShards))},
        {topics_.ingest_commits(), static_cast<std::int32_t>(faults_.below(kShards))},
        {topics_.commits(datasets_.dataset->name), slot.id.partition},
        {topics_.state(datasets_.dataset->name), slot.id.partition},
    };
    log_.compact(compacted[faults_.below(4)]);
    return;
  }
  if (dice < 8) return log_.settle();
  if (dice < 15) {
    const std::int32_t partition = static_cast<std::int32_t>(
        faults_.below(static_cast<std::uint64_t>(datasets_.dataset->partitions)));
    const auto some = log_.fetch({topics_.rows(kReportName), partition}, table_.position(partition),
                                 1 + faults_.below(20));
    table_.load(partition, some.records, some.next_offset);
    return;
  }
  if (!ensure_started(slot)) return;
  if (dice < 55) {
    feed(slot, slot.topics[faults_.below(slot.topics.size())], 1 + faults_.below(30));
  } else if (dice < 75) {
    guarded(slot, [&] { slot.task->work(); });
  } else {
    guarded(slot, [&] {
      if (slot.task->wants_commit(clock_.steady_now(), faults_.chance(0.5)) || faults_.chance(0.3)) {
        slot.task->commit();
      }
    });
  }
}

void World::run(int events) {
  for (int i = 0; i < events; ++i) random_event();
}

void World::settle() {
  faults_.enabled = false;
  zombies_.clear();
  for (int idle_rounds = 0; idle_rounds < 3;) {
    bool progress = false;
    log_.settle();
    for (Slot& slot : slots_) {
      if (!slot.task) progress = true;
      if (!ensure_started(slot)) continue;
      for (const std::string& topic : slot.topics) {
        while (slot.task && feed(slot, topic, 1000)) progress = true;
      }
      bool more = true;
      while (slot.task && more) {
        if (!guarded(slot, [&] { more = slot.task->work(); })) break;
        progress = progress || more;
        if (slot.task->wants_commit(clock_.steady_now(), true)) {
          guarded(slot, [&] { slot.task->commit(); });
        }
      }
      if (slot.task && slot.task->wants_commit(clock_.steady_now(), true)) {
        progress = true;
        guarded(slot, [&] { slot.task->commit(); });
      }
    }
    clock_.advance(std::chrono::seconds(10));
    idle_rounds = progress ? 0 : idle_rounds + 1;
  }
  for (std::int32_t p = 0; p < datasets_.dataset->partitions; ++p) {
    const auto rest = log_.fetch({topics_.rows(kReportName), p}, table_.position(p), 1'000'000);
    table_.load(p, rest.records, rest.next_offset);
  }
}

std::map<std::string, FileEntry> World::ledger() const {
  std::map<std::string, FileEntry> entries;
  for (std::int32_t p = 0; p < kShards; ++p) {
    for (const LogRecord& record : log_.fetch({topics_.files(), p}, 0, 1'000'000).records) {
      auto entry = file_entry_from_json(record.value);
      if (!entry) throw std::runtime_error("the ledger has an entry that cannot be read");
      entries[std::string(record.key)] = *entry;
    }
  }
  return entries;
}

std::map<std::string, DeadLetter> World::open_letters() const {
  std::map<std::string, DeadLetter> out;
  std::set<std::string> settled;
  const std::string topic = topics_.dead_letters(datasets_.dataset->name);
  for (std::int32_t p = 0; p < datasets_.dataset->partitions; ++p) {
    for (const LogRecord& record : log_.fetch({topic, p}, 0, 1'000'000).records) {
      const std::string id(record.key);
      if (record.tombstone) settled.insert(id);
      if (record.tombstone) continue;
      DeadLetter letter = dead_letter_from_json(record.value).value();
      letter.first_failed_ms = 1;
      out[id] = std::move(letter);
    }
  }
  for (const std::string& id : settled) out.erase(id);
  return out;
}

Report World::report_in_rows_topic() const {
  Report report;
  for (const auto& [key, row] : table_.rows()) {
    ReportGroup group;
    group.bookings = row.at("number_of_bookings");
    group.guests = row.at("number_of_guests");
    group.cents = static_cast<std::int64_t>(row.at("amount").get<double>() * 100 + 0.5);
    report[{row.at("restaurant_id"), row.at("restaurant_name"), row.at("country"), row.at("month"),
            row.at("currency")}] = group;
  }
  return report;
}

std::size_t World::messages(const std::string& topic) const {
  std::size_t count = 0;
  for (std::int32_t p = 0; p < const_cast<World*>(this)->log_.partition_count(topic); ++p) {
    count += log_.fetch({topic, p}, 0, 10'000'000).records.size();
  }
  return count;
}

}  // namespace sluice::testing
