#include "services/transform/core/stage1_task.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/definition/committed.h"
#include "common/model/event_time.h"

namespace sluice::transform {
namespace {

// How many keys are looked up together.
constexpr std::size_t kLookupBatch = 2048;
constexpr std::size_t kMaxPendingBytes = 16U << 20;
constexpr std::uint64_t kMaxPendingRecords = 500'000;
constexpr auto kMaxPendingTime = std::chrono::seconds(1);

}  // namespace

Stage1Task::Stage1Task(TaskParts parts, std::int32_t partition)
    : parts_(std::move(parts)),
      partition_(partition),
      name_(task_name(stage1_kind(parts_.topics, *parts_.dataset), partition)),
      input_{parts_.topics.records(parts_.dataset->name), partition},
      projection_(*parts_.dataset),
      intake_(*parts_.dataset, projection_, partition),
      windows_(*parts_.dataset),
      chain_(name_),
      contributions_(*parts_.dataset, projection_) {}

std::vector<Position> Stage1Task::start() {
  check_partitions(parts_.log, input_.topic, *parts_.dataset);
  check_partitions(parts_.log, parts_.topics.deltas(parts_.dataset->name), *parts_.dataset);
  // Fencing first: from here on nobody else can add to what is read below.
  producer_ = parts_.log.transactional_producer(parts_.topics.prefix() + "-" + name_);
  open_outputs();
  producer_->take_over(output_partitions());

  const auto reader = parts_.log.reader();
  const TopicPartition commits{parts_.topics.commits(parts_.dataset->name), partition_};
  reader->read(commits, 0, reader->end_offset(commits), [&](const LogRecord& record) {
    if (record.key == kDefinitionKey) return;
    auto commit = commit_record_from_json(record.value);
    if (!commit) {
      throw Unsafe("topic " + commits.topic + " holds a message that is no commit record: " +
                   commit.error().message);
    }
    chain_.read(*commit);
  });
  if (!chain_.empty()) check_committed(chain_.last(), *parts_.dataset);
  check_feeds();
  committed_ = committed_input(chain_, *reader, input_);
  if (chain_.empty()) committed_ = std::max(committed_, begins_at());
  cut_ = chain_.last().cut;
  waiting_ = waits_at_cut(known(), parts_.topics.generation(), cut_);
  live_ = known().live == parts_.topics.generation();
  restore(*reader, committed_);
  return {{input_, committed_}};
}

KnownGenerations Stage1Task::known() const {
  if (parts_.generation.known) return parts_.generation.known();
  return {parts_.topics.generation(), 0, std::numeric_limits<int>::max(), false};
}

std::int64_t Stage1Task::begins_at() const {
  const auto& offsets = parts_.generation.from.offsets;
  const auto found = offsets.find(partition_);
  return found == offsets.end() ? 0 : found->second;
}

bool Stage1Task::work() {
  if (!waiting_ || next_ != committed_) return false;
  if (waits_at_cut(known(), parts_.topics.generation(), cut_)) return false;
  throw TaskBroken("the cut that " + name_ + " waited at is decided; it goes on");
}

bool Stage1Task::stops_at(const LogRecord& message) {
  const auto cut = cut_of(message.key, message.value);
  // One that is said again, or of two other generations, is passed by, as is every one while state is restored.
  if (!cut || replaying_ || cut->number <= cut_ || !cut->concerns(parts_.topics.generation())) return false;
  cut_ = cut->number;
  waiting_ = waits_at_cut(known(), parts_.topics.generation(), cut_);
  return waiting_;
}

void Stage1Task::open_outputs() {
  const auto& dataset = parts_.dataset->name;
  const Topics& topics = parts_.topics;
  outputs_.deltas = producer_->topic(topics.deltas(dataset));
  for (const std::string& target : contributions_.targets()) {
    outputs_.entities[target] = producer_->topic(topics.entities(target));
  }
  outputs_.file_counts = producer_->topic(topics.file_counts());
  outputs_.dead_letters = producer_->topic(topics.dead_letters(dataset));
  outputs_.commits = producer_->topic(topics.commits(dataset));
  outputs_.shards = parts_.log.partition_count(topics.file_counts());
  outputs_.dead_letter_partitions = parts_.log.partition_count(topics.dead_letters(dataset));
}

std::vector<TopicPartition> Stage1Task::output_partitions() const {
  const auto& dataset = parts_.dataset->name;
  const Topics& topics = parts_.topics;
  std::vector<std::string> whole = {topics.deltas(dataset), topics.file_counts(),
                                    topics.dead_letters(dataset)};
  for (const auto& [target, handle] : outputs_.entities) whole.push_back(topics.entities(target));
  std::vector<TopicPartition> out{{topics.commits(dataset), partition_}};
  for (const std::string& topic : whole) {
    std::ranges::copy(all_partitions(topic, parts_.log.partition_count(topic)),
                      std::back_inserter(out));
  }
  return out;
}

// What decides which columns the local state keeps.
std::string Stage1Task::local_fingerprint() const {
  std::string out = parts_.dataset->fingerprint;
  for (const FeedSpec& feed : parts_.dataset->feeds) out += " " + feed.name();
  return out;
}

void Stage1Task::check_feeds() const {
  if (chain_.empty()) return;
  for (const FeedSpec& feed : parts_.dataset->feeds) {
    if (std::ranges::find(chain_.last().feeds, feed.name()) != chain_.last().feeds.end()) continue;
    throw Unsafe("report '" + feed.report + "' of dataset '" + feed.dataset + "' looks up '" +
                 parts_.dataset->name +
                 "', which has taken records without giving them to it; restart transform, which "
                 "then refuses that report's definition");
  }
}

void Stage1Task::restore(LogReader& reader, std::int64_t committed) {
  store_ = parts_.stores.open(name_);
  auto local = local_position_from_json(store_->position());
  const bool leads = local && (local->next > committed ||
                               local->transaction > chain_.last().transaction);
  if (!local || leads || local->fingerprint != local_fingerprint()) {
    // A store that knows more than the log's commits holds what never happened.
    store_->clear();
    local = LocalPosition{std::max(reader.begin_offset(input_), begins_at()), 0, {}, 0};
  }
  next_ = local->next;
  if (next_ >= committed) return;

  replaying_ = true;
  std::vector<LogRecord> one(1);
  reader.read(input_, next_, committed, [&](const LogRecord& record) {
    one[0] = record;
    take_all(one);
    if (keys_.bytes() > kMaxPendingBytes) apply_to_store(local->transaction);
  });
  next_ = committed;
  apply_to_store(chain_.last().transaction);
  replaying_ = false;
}

void Stage1Task::process(const TopicPartition& from, std::span<const LogRecord> records) {
  if (from != input_ || records.empty() || waiting_) return;
  if (next_ == committed_) {
    pending_since_ = parts_.clock.steady_now();
    watermark_ms_ = parts_.watermarks.of_ms(parts_.dataset->name, parts_.dataset->idle_seconds * 1000);
  }
  while (!records.empty() && !waiting_) {
    const auto some = records.first(std::min(records.size(), kLookupBatch));
    take_all(some);
    records = records.subspan(some.size());
  }
}

void Stage1Task::take_all(std::span<const LogRecord> records) {
  slots_.clear();
  for (const LogRecord& record : records) slots_.push_back(keys_.want(record.key));
  keys_.load(*store_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    // A consumer may rewind; what was taken is not taken again.
    if (records[i].offset < next_) continue;
    next_ = records[i].offset + 1;
    if (stops_at(records[i])) return;
    if (!cut_of(records[i].key, records[i].value)) take(records[i], slots_[i]);
  }
}

void Stage1Task::take(const LogRecord& message, KeyOverlay::Slot key) {
  const auto poison = intake_.read(message);
  // Not of this generation: its files were found before the time that it begins at.
  if (intake_.origin() && intake_.origin()->place < parts_.generation.from.place) return;
  if (!replaying_) {
    ++counts_.processed;
    file_ = counts_of(intake_.origin(), is_file_id(message.retry) ? message.retry : message.origin);
  }
  if (!poison) return take_record(key);
  if (!replaying_) bury(message, *poison);
}

void Stage1Task::take_record(KeyOverlay::Slot key) {
  std::optional<RecordState> old;
  const std::string_view stored = keys_.get(key);
  if (!stored.empty()) {
    old = decode_record_state(stored);
    if (!old) discard_damaged_state();
  }
  const Decision decision = decide(old, intake_.record());

  bool late = false;
  if (!replaying_ && !intake_.record().deleted) {
    projection_.decode(intake_.record().projection, columns_);
    late = decision.kind != RecordKind::kDuplicate && is_late(columns_);
  }

  if (!replaying_) {
    note_event_time();
    if (decision.retract) {
      if (!projection_.decode(old->projection, old_columns_)) discard_damaged_state();
      contributions_.add(old_columns_, true);
    }
    if (decision.add) contributions_.add(columns_, false);
    count(decision.kind, late);
  }
  if (decision.store) keys_.put(key, encode(decision.next));
}

void Stage1Task::discard_damaged_state() {
  store_->clear();
  throw TaskBroken("the local state of " + name_ + " was damaged; it is rebuilt from the log");
}

bool Stage1Task::is_late(const Projection::Columns& record) {
  if (!watermark_ms_) return false;
  return windows_.is_late(record.cells[projection_.place_in_relation(*parts_.dataset->event_time)], watermark_ms_);
}

void Stage1Task::note_event_time() {
  const auto event = intake_.event_time();
  if (!event || file_ == nullptr) return;
  const std::int64_t ms = event->micros / 1000;
  file_->event_max_ms = later_ms(file_->event_max_ms, ms);
}

void Stage1Task::count(RecordKind kind, bool late) {
  std::uint64_t RecordCounts::*total = &RecordCounts::corrections;
  std::uint64_t FileCounts::*of_file = &FileCounts::corrections;
  if (kind == RecordKind::kNew) {
    total = &RecordCounts::records;
    of_file = &FileCounts::records;
  } else if (kind == RecordKind::kDuplicate) {
    total = &RecordCounts::duplicates;
    of_file = &FileCounts::duplicates;
  } else if (intake_.record().deleted && file_ == nullptr) {
    return;  // a deletion by hand is in no file's receipt
  }
  ++(counts_.*total);
  counts_.late += late ? 1 : 0;
  if (file_ == nullptr) return;
  ++(file_->*of_file);
  file_->late += late ? 1 : 0;
}

FileCounts* Stage1Task::counts_of(const std::optional<Origin>& origin,
                                  std::string_view origin_text) {
  if (!origin) return nullptr;
  const std::string_view id = file_id_of(origin_text);
  if (file_ != nullptr && file_->file == id) return file_;
  auto found = files_.find(id);
  if (found == files_.end()) {
    FileCounts counts;
    counts.file = std::string(id);
    counts.task = name_;
    found = files_.emplace(counts.file, std::move(counts)).first;
  }
  return &found->second;
}

void Stage1Task::bury(const LogRecord& message, const RecordIntake::Poison& poison) {
  ++counts_.poisoned;
  if (file_ != nullptr) ++file_->poisoned;
  dead_letters_.push_back(
      dead_letter_of(*parts_.dataset, input_, message, intake_.origin(), poison));
  dead_letter_bytes_ += message.value.size() + 1024;
}

std::size_t Stage1Task::pending_bytes() const {
  return keys_.bytes() + contributions_.bytes() + dead_letter_bytes_;
}

bool Stage1Task::wants_commit(Clock::Steady now, bool input_idle) const {
  if (next_ == committed_) return false;
  return input_idle || counts_.processed >= kMaxPendingRecords ||
         pending_bytes() >= kMaxPendingBytes || now - pending_since_ >= kMaxPendingTime;
}

void Stage1Task::commit() {
  if (next_ == committed_) return;
  CommitRecord commit = chain_.next();
  commit.inputs[input_.topic] = next_;
  commit.partitions = parts_.dataset->partitions;
  commit.fingerprint = parts_.dataset->fingerprint;
  commit.cut = cut_;
  for (const FeedSpec& feed : parts_.dataset->feeds) commit.feeds.push_back(feed.name());

  producer_->begin();
  produce_deltas(commit.transaction);
  if (live_) {
    produce_file_counts(commit.transaction);
    produce_dead_letters();
  }
  const Position position{input_, next_};
  producer_->send_offsets(group_name(parts_.topics, *parts_.dataset), {&position, 1});
  const std::string text = to_json(commit);
  OutgoingRecord last;
  last.key = name_;
  last.value = text;
  producer_->produce(outputs_.commits, partition_, last);
  crash_point("stage1.before-commit");
  producer_->commit();
  crash_point("stage1.after-commit");

  chain_.read(commit);
  committed_ = next_;
  apply_to_store(commit.transaction);
  crash_point("stage1.after-apply");
  if (live_) parts_.events.records_committed(parts_.dataset->name, counts_);
  forget_pending();
}

void Stage1Task::produce_deltas(std::uint64_t transaction) {
  FrameHead head;
  head.task = name_;
  head.transaction = transaction;
  head.input_from = committed_;
  head.input_to = next_;
  produce_frames(outputs_.deltas, contributions_.take_groups(head));
  for (const auto& [target, frames] : contributions_.take_entities(head)) {
    produce_frames(outputs_.entities.at(target), frames);
  }
}

void Stage1Task::produce_frames(TopicHandle topic,
                                const std::vector<std::vector<std::string>>& frames) {
  for (std::size_t partition = 0; partition < frames.size(); ++partition) {
    for (const std::string& frame : frames[partition]) {
      OutgoingRecord out;
      out.key = name_;
      out.value = frame;
      producer_->produce(topic, static_cast<std::int32_t>(partition), out);
    }
  }
}

void Stage1Task::produce_file_counts(std::uint64_t transaction) {
  for (auto& [id, counts] : files_) {
    counts.transaction = transaction;
    const std::string text = to_json(counts);
    OutgoingRecord out;
    out.key = id;
    out.value = text;
    producer_->produce(outputs_.file_counts, shard_of(id, outputs_.shards), out);
  }
}

void Stage1Task::produce_dead_letters() {
  const DeadLetterPlace place{input_.topic, partition_, parts_.clock.unix_ms()};
  for (const DeadLetter& letter : dead_letters_) {
    const std::string text = to_json(letter);
    const DeadLetterHeaders headers = headers_of(letter, place);
    OutgoingRecord out;
    out.key = letter.id;
    out.value = text;
    out.headers = headers.headers;
    producer_->produce(outputs_.dead_letters, partition_ % outputs_.dead_letter_partitions, out);
  }
}

void Stage1Task::apply_to_store(std::uint64_t transaction) {
  LocalPosition local;
  local.next = next_;
  local.transaction = transaction;
  local.fingerprint = local_fingerprint();
  store_->apply(keys_.take_writes(), to_json(local));
}

void Stage1Task::forget_pending() {
  keys_.clear();
  contributions_.clear();
  files_.clear();
  file_ = nullptr;
  dead_letters_.clear();
  dead_letter_bytes_ = 0;
  counts_ = {};
}

}  // namespace sluice::transform
