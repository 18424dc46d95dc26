#include "services/loader/replayer.h"

#include <algorithm>

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/definition/definition_parser.h"
#include "common/model/commit_record.h"
#include "common/telemetry/log.h"
#include "services/loader/core/statements.h"
#include "services/loader/core/target.h"
#include "services/loader/replay_requests.h"

namespace sluice::loader {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(250);
constexpr auto kBackOff = std::chrono::seconds(1);
// A hop that is further behind than so is not looked at more closely.
constexpr std::int64_t kFewMessages = 5'000;
// A task that stands at a cut has said so in one of its last commit records.
constexpr std::int64_t kLastCommits = 500;
// A group that has members still is tried again; a service that never lets go keeps no replay open.
constexpr auto kRemoveLimit = std::chrono::seconds(120);

std::vector<TopicPartition> partitions_of(const std::vector<std::string>& topics, std::int32_t count) {
  std::vector<TopicPartition> out;
  for (const std::string& topic : topics) {
    for (const TopicPartition& partition : all_partitions(topic, count)) out.push_back(partition);
  }
  return out;
}

std::vector<std::string> reports_of(const Dataset& dataset) {
  std::vector<std::string> out;
  for (const ReportSpec& report : dataset.reports) out.push_back(report.name);
  return out;
}

// What transform reads behind the records.
std::vector<std::string> between(const Dataset& dataset, const Topics& topics) {
  std::vector<std::string> out{topics.deltas(dataset.name)};
  if (has_entities(dataset)) out.push_back(topics.entities(dataset.name));
  return out;
}

std::vector<std::string> rows_of(const Dataset& dataset, const Topics& topics) {
  std::vector<std::string> out;
  for (const ReportSpec& report : dataset.reports) {
    if (report.to_postgres || report.csv) out.push_back(topics.rows(report.name));
  }
  return out;
}

// Whether what PostgreSQL refused may be granted later: a lock that was not had, a deadlock, no room, a query that was
// ended.
bool passes(std::string_view sqlstate) {
  return sqlstate == "55P03" || sqlstate.starts_with("40") || sqlstate.starts_with("53") || sqlstate.starts_with("57");
}

}  // namespace

Replayer::Replayer(Parts parts)
    : parts_(std::move(parts)),
      app_(parts_.topics.prefix() + "-loader"),
      election_(parts_.postgres_url, "sluice-loader replays", parts_.topics.prefix() + " replays") {}

Replayer::~Replayer() { stop(); }

void Replayer::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Replayer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Replayer::set_definitions(std::vector<std::shared_ptr<const Dataset>> datasets) {
  const std::lock_guard lock(mutex_);
  new_definitions_ = std::move(datasets);
}

void Replayer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::chrono::milliseconds rest = kLookInterval;
    try {
      look();
      told_.clear();
    } catch (const std::exception& error) {  // whoever leads next goes on
      election_.resign();
      if (told_ != error.what()) log::warning("replays wait", {{"reason", error.what()}});
      told_ = error.what();
      rest = kBackOff;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, rest, [] { return false; });
  }
  election_.resign();
}

void Replayer::look() {
  {
    const std::lock_guard lock(mutex_);
    if (new_definitions_) {
      definitions_.clear();
      for (auto& dataset : *new_definitions_) definitions_.emplace(dataset->name, dataset);
      new_definitions_.reset();
    }
  }
  if (definitions_.empty()) return;  // nothing is loaded yet
  postgres::Connection* connection = election_.lead();
  if (connection == nullptr) return;
  if (term_ != election_.terms() || !producer_) take_office();
  request_changed(*connection, read_generations(*connection));
  const GenerationsByDataset generations = read_generations(*connection);
  publish(generations);
  // What goes wrong with one keeps no other waiting, whose tables may stand at a cut.
  std::string trouble;
  for (const Replay& replay : read_replays(*connection)) {
    const auto found = generations.find(replay.dataset);
    if (found == generations.end()) continue;  // its first generation is about to be noted
    try {
      see_to(*connection, replay, found->second);
    } catch (const std::exception& error) {
      trouble = error.what();
    }
  }
  if (!trouble.empty()) throw TaskBroken(trouble);
  // What was decided just now is heard of at once.
  publish(read_generations(*connection));
}

void Replayer::take_office() {
  term_ = election_.terms();
  published_.clear();
  cut_sent_.clear();
  producer_.reset();
  reader_ = parts_.log.reader();
  parts_.make_topics({compacted(parts_.topics.generations(), 1)});
  auto producer = parts_.log.transactional_producer(parts_.topics.prefix() + "-replays");
  std::vector<TopicPartition> outputs{{parts_.topics.generations(), 0}};
  for (const auto& [name, dataset] : definitions_) {
    try {
      const std::string records = parts_.topics.records(name);
      const auto partitions = all_partitions(records, parts_.log.partition_count(records));
      outputs.insert(outputs.end(), partitions.begin(), partitions.end());
    } catch (const Unsafe&) {
      // Its topics are not made yet, so nothing is open in them.
    }
  }
  producer->take_over(outputs);
  producer_ = std::move(producer);
}

void Replayer::request_changed(postgres::Connection& connection, const GenerationsByDataset& generations) {
  for (const auto& [name, dataset] : definitions_) {
    const auto found = generations.find(name);
    if (found == generations.end() || found->second.live.fingerprint == dataset->fingerprint) continue;
    if (found->second.building && found->second.building->fingerprint == dataset->fingerprint) continue;
    const auto live = definition_of(found->second.live, name);
    if (!live || !can_rebuild(*live, *dataset)) continue;
    if (request_rebuild(connection, *dataset)) {
      log::info("a definition has changed; its reports are rebuilt", {{"dataset", name}, {"path", dataset->path}});
    }
  }
}

void Replayer::publish(const GenerationsByDataset& generations) {
  std::vector<const DatasetGenerations*> news;
  for (const auto& [name, one] : generations) {
    const auto told = published_.find(name);
    if (told == published_.end() || told->second != one) news.push_back(&one);
  }
  if (news.empty()) return;
  const TopicHandle topic = producer_->topic(parts_.topics.generations());
  try {
    producer_->begin();
    for (const DatasetGenerations* one : news) {
      const std::string json = to_json(*one);
      OutgoingRecord out;
      out.key = one->dataset;
      out.value = json;
      producer_->produce(topic, 0, out);
    }
    producer_->commit();
  } catch (...) {
    producer_.reset();
    throw;
  }
  for (const DatasetGenerations* one : news) published_.insert_or_assign(one->dataset, *one);
}

std::shared_ptr<const Dataset> Replayer::definition_of(const Generation& generation,
                                                       const std::string& dataset) const {
  const auto file = definitions_.find(dataset);
  if (file != definitions_.end() && file->second->fingerprint == generation.fingerprint) return file->second;
  auto kept = parse_definition(generation.definition, generation.path);
  return kept ? std::make_shared<const Dataset>(*std::move(kept)) : nullptr;
}

Contenders Replayer::contenders_of(const Replay& replay, const DatasetGenerations& generations) const {
  Contenders out{definition_of(generations.live, replay.dataset), nullptr, generations.live.number,
                 parts_.topics.of_generation(generations.live.number),
                 parts_.topics.of_generation(replay.generation.number), app_};
  if (replay.generation.number > 1) out.next = definition_of(replay.generation, replay.dataset);
  return out;
}

void Replayer::see_to(postgres::Connection& connection, const Replay& replay,
                      const DatasetGenerations& generations) {
  if (replay.stage == ReplayStage::kRemoving) {
    if (next_step(replay, {}) == ReplayStep::kRemove) remove(connection, replay);
    return;
  }
  const Contenders contenders = contenders_of(replay, generations);
  if (!contenders.live || is_linked(*contenders.live) || (replay.generation.number > 1 && !contenders.next)) {
    drop(connection, replay, contenders, "failed",
         "reports of datasets that look up, or are looked up by, others cannot be rebuilt: give the changed "
         "definition another dataset name and its reports other names, and drop the files again");
    return;
  }
  const ReplaySeen seen = seen_of(connection, replay, generations, contenders);
  switch (next_step(replay, seen)) {
    case ReplayStep::kWait:
      if (replay.stage == ReplayStage::kCutting) send_cut(replay, generations, *contenders.next);
      return;
    case ReplayStep::kBegin:
      return begin(connection, replay, generations);
    case ReplayStep::kCut:
      note_cut(connection, replay);
      crash_point("replay.cut-noted");
      return;
    case ReplayStep::kGiveUp:
      log::warning("a cut did not come through; both generations go on and it is tried again",
                   {{"dataset", replay.dataset}, {"replay", replay.id}});
      note_cut_given_up(connection, replay);
      return;
    case ReplayStep::kCompare:
      return compare_and_decide(connection, replay, contenders);
    case ReplayStep::kDrop:
      drop(connection, replay, contenders, "dropped", "its definition was changed again, or put back");
      return;
    case ReplayStep::kFail:
      drop(connection, replay, contenders, "failed",
           "three times the records before a cut did not come through to both tables within two minutes, or PostgreSQL did "
           "not let them be compared or swapped (the loader's log tells); look at ./sluice status: every service of the "
           "dataset must run");
      return;
    case ReplayStep::kRemove:
      return;
  }
}

void Replayer::begin(postgres::Connection& connection, const Replay& replay,
                     const DatasetGenerations& generations) {
  Generation next = generations.live;
  if (replay.by_definition) next = replay.generation;
  next.from = replay.from;
  next.number = next_generation(connection, replay.dataset);
  const auto definition = definition_of(next, replay.dataset);
  if (!definition) {
    drop(connection, replay, contenders_of(replay, generations), "failed", "its definition cannot be read");
    return;
  }
  const std::string records = parts_.topics.records(replay.dataset);
  for (const auto& [partition, offset] : next.from.offsets) {
    std::string wrong;
    if (partition < 0 || partition >= definition->partitions) {
      wrong = "the dataset's records have no partition " + std::to_string(partition);
    } else if (const auto end = reader_->end_offset({records, partition}); offset < 0 || offset > end) {
      wrong = "partition " + std::to_string(partition) + " of the records ends at offset " + std::to_string(end) +
              ", before " + std::to_string(offset);
    }
    if (wrong.empty()) continue;
    drop(connection, replay, contenders_of(replay, generations), "failed", wrong);
    return;
  }
  parts_.make_topics(generation_topics(parts_.topics.of_generation(next.number), replay.dataset,
                                       reports_of(*definition), definition->partitions, has_entities(*definition)));
  crash_point("replay.topics-made");
  if (note_building(connection, replay, next)) {
    log::info("a report is rebuilt beside the live one",
              {{"dataset", replay.dataset}, {"replay", replay.id}, {"generation", next.number}});
  }
}

// Both generations stand at the cut, and the live report with them: neither is to wait for a table that somebody reads
// for long, or for a disk. They go on; the next cut is another try, and there are three.
void Replayer::let_go(postgres::Connection& connection, const Replay& replay, const postgres::SqlError& error) {
  log::warning("a rebuilt report could not be compared or swapped; both generations go on and it is tried again",
               {{"dataset", replay.dataset}, {"replay", replay.id}, {"sqlstate", error.sqlstate}, {"error", error.what()}});
  note_cut_given_up(connection, replay);
}

void Replayer::compare_and_decide(postgres::Connection& connection, const Replay& replay,
                                  const Contenders& contenders) {
  // Without a swap it is known what would have changed; with one what has.
  std::string found;
  try {
    found = difference(connection, contenders, !replay.from.whole());
  } catch (const postgres::SqlError& error) {
    return let_go(connection, replay, error);
  }
  if (!note_compared(connection, replay, found)) return;
  crash_point("replay.compared");
  Replay compared = replay;
  compared.stage = ReplayStage::kComparing;
  bool done = false;
  if (replay.swap) {
    try {
      done = swap(connection, compared, contenders);
    } catch (const postgres::SqlError& error) {
      if (passes(error.sqlstate)) return let_go(connection, compared, error);
      drop(connection, compared, contenders, "failed", std::string("PostgreSQL does not let the report be replaced: ") +
                                                           error.what());
      return;
    }
    crash_point("replay.swapped");
  } else {
    done = drop(connection, compared, contenders, "dropped", "");
  }
  if (done) {
    log::info(replay.swap ? "the rebuilt report is live" : "the rebuilt report is dropped",
              {{"dataset", replay.dataset}, {"replay", replay.id}, {"generation", replay.generation.number}});
  }
}

void Replayer::send_cut(const Replay& replay, const DatasetGenerations& generations, const Dataset& dataset) {
  if (cut_sent_[replay.dataset] == generations.cut) return;
  const std::string json = to_json(Cut{generations.cut, generations.live.number, replay.generation.number});
  const TopicHandle topic = producer_->topic(parts_.topics.records(replay.dataset));
  try {
    producer_->begin();
    for (std::int32_t p = 0; p < dataset.partitions; ++p) {
      OutgoingRecord out;
      out.value = json;
      producer_->produce(topic, p, out);
    }
    producer_->commit();
  } catch (...) {
    producer_.reset();
    throw;
  }
  cut_sent_[replay.dataset] = generations.cut;
  crash_point("replay.cut-sent");
}

void Replayer::remove(postgres::Connection& connection, const Replay& replay) {
  const Garbage garbage = garbage_from_json(garbage_of(connection, replay));
  try {
    parts_.remove(garbage);
  } catch (const TaskBroken& broken) {
    if (replay.in_stage < kRemoveLimit) return;  // a service is about to let go of it
    log::warning("what an old generation left was not all removed",
                 {{"dataset", replay.dataset}, {"replay", replay.id}, {"reason", broken.what()}});
  }
  // A task that had just begun to take a partition over when it was decided has left its place again.
  const std::vector<std::optional<std::string>> places{
      app_, text_array(std::vector<std::string_view>(garbage.topics.begin(), garbage.topics.end()))};
  connection.run("DELETE FROM _sluice.positions WHERE app = $1 AND topic = ANY ($2::text[])", places);
  crash_point("replay.removed");
  note_ended(connection, replay);
  parts_.events.replay_behind(replay.dataset, 0);
  parts_.events.replay_ended(replay.dataset, replay.outcome);
}

ReplaySeen Replayer::seen_of(postgres::Connection& connection, const Replay& replay,
                             const DatasetGenerations& generations, const Contenders& contenders) {
  ReplaySeen seen;
  const auto file = definitions_.find(replay.dataset);
  // A file that is broken for a while changes nothing.
  seen.wanted = !replay.by_definition || file == definitions_.end() ||
                file->second->fingerprint == replay.generation.fingerprint;
  if (replay.stage == ReplayStage::kQueued || !contenders.next) return seen;
  seen.live = progress_of(connection, *contenders.live, contenders.live_topics, generations.live.from);
  seen.building = progress_of(connection, *contenders.next, contenders.next_topics, replay.generation.from);
  std::int64_t behind = 0;
  for (const HopProgress& hop : seen.building) behind += hop.behind();
  parts_.events.replay_behind(replay.dataset, behind);
  if (replay.stage == ReplayStage::kCutting) {
    seen.held = all_held(*contenders.live, contenders.live_topics, generations.cut) &&
                all_held(*contenders.next, contenders.next_topics, generations.cut);
    seen.flushed = seen.held && all_flushed(connection, *contenders.live, contenders.live_topics) &&
                   all_flushed(connection, *contenders.next, contenders.next_topics);
    // Transactions' markers and the cut itself are no messages to be read.
    if (seen.flushed) {
      for (HopProgress& hop : seen.building) hop.read = hop.of;
    }
  }
  note_progress(connection, replay, progress_json(seen.building));
  return seen;
}

std::map<TopicPartition, std::int64_t> Replayer::positions_of(postgres::Connection& connection,
                                                              const std::vector<Position>& known,
                                                              const std::vector<std::string>& rows) const {
  std::map<TopicPartition, std::int64_t> out;
  for (const Position& position : known) out[position.partition] = position.next_offset;
  const std::vector<std::optional<std::string>> parameters{
      app_, text_array(std::vector<std::string_view>(rows.begin(), rows.end()))};
  const postgres::Rows loaded = connection.run(
      "SELECT topic, partition, next_offset FROM _sluice.positions WHERE app = $1 AND topic = ANY ($2::text[])",
      parameters);
  for (int i = 0; i < loaded.size(); ++i) {
    out[{std::string(loaded.text(i, 0)), static_cast<std::int32_t>(loaded.integer(i, 1))}] = loaded.integer(i, 2);
  }
  return out;
}

std::vector<HopProgress> Replayer::progress_of(postgres::Connection& connection, const Dataset& dataset,
                                               const Topics& topics, const Beginning& from) {
  const std::string records = topics.records(dataset.name);
  std::vector<std::string> transforms = between(dataset, topics);
  transforms.insert(transforms.begin(), records);
  const std::vector<std::string> rows = rows_of(dataset, topics);
  const auto at = positions_of(
      connection,
      parts_.committed(topics.transform_group(dataset.name), partitions_of(transforms, dataset.partitions)), rows);
  const auto hop = [&](const std::string& name, const std::vector<std::string>& of) {
    HopProgress out{name, 0, 0};
    for (const TopicPartition& partition : partitions_of(of, dataset.partitions)) {
      std::int64_t begin = reader_->begin_offset(partition);
      const auto named = from.offsets.find(partition.partition);
      if (partition.topic == records && named != from.offsets.end()) begin = std::max(begin, named->second);
      const auto found = at.find(partition);
      if (found != at.end() && found->second > begin) out.read += found->second - begin;
      const std::int64_t end = reader_->end_offset(partition);
      if (end > begin) out.of += end - begin;
    }
    return out;
  };
  std::vector<HopProgress> out{hop("records", {records})};
  if (has_entities(dataset)) out.push_back(hop("entities", {topics.entities(dataset.name)}));
  out.push_back(hop("deltas", {topics.deltas(dataset.name)}));
  out.push_back(hop("rows", rows));
  return out;
}

bool Replayer::all_held(const Dataset& dataset, const Topics& topics, int cut) {
  for (const TopicPartition& partition : all_partitions(topics.commits(dataset.name), dataset.partitions)) {
    const std::int64_t begin = reader_->begin_offset(partition), end = reader_->stable_offset(partition);
    int last = 0;
    reader_->read(partition, std::max(begin, end - kLastCommits), end, [&](const LogRecord& message) {
      if (message.key == kDefinitionKey) return;
      if (const auto commit = commit_record_from_json(message.value)) last = commit->cut;
    });
    if (last < cut) return false;
  }
  return true;
}

bool Replayer::all_flushed(postgres::Connection& connection, const Dataset& dataset, const Topics& topics) {
  const std::vector<std::string> transforms = between(dataset, topics), rows = rows_of(dataset, topics);
  // In the order in which they go: what has left one hop is looked for in the next.
  for (const std::string& topic : {has_entities(dataset) ? topics.entities(dataset.name) : std::string(),
                                   topics.deltas(dataset.name)}) {
    if (topic.empty()) continue;
    const auto partitions = all_partitions(topic, dataset.partitions);
    std::map<TopicPartition, std::int64_t> at;
    for (const Position& position : parts_.committed(topics.transform_group(dataset.name), partitions)) {
      at[position.partition] = position.next_offset;
    }
    for (const TopicPartition& partition : partitions) {
      if (!nothing_between(partition, at[partition])) return false;
    }
  }
  const auto at = positions_of(connection, {}, rows);
  for (const TopicPartition& partition : partitions_of(rows, dataset.partitions)) {
    const auto found = at.find(partition);
    // One that nobody has taken over may have no table yet.
    if (found == at.end() || !nothing_between(partition, found->second)) return false;
  }
  return true;
}

// Markers of transactions take offsets too, so a reader that has all need not be at the end.
bool Replayer::nothing_between(const TopicPartition& partition, std::int64_t from) {
  from = std::max(from, reader_->begin_offset(partition));
  const std::int64_t end = reader_->end_offset(partition);
  if (end - from > kFewMessages) return false;
  // A transaction that is open or not yet marked holds what has not come through.
  if (reader_->stable_offset(partition) < end) return false;
  bool any = false;
  reader_->read(partition, from, end, [&](const LogRecord&) { any = true; });
  return !any;
}

}  // namespace sluice::loader
