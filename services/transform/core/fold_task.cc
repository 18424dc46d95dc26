#include "services/transform/core/fold_task.h"

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/definition/committed.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kMaxPendingBytes = 16U << 20;
constexpr auto kMaxPendingTime = std::chrono::seconds(1);
constexpr std::string_view kSourcePrefix = "source:";
constexpr std::string_view kCommitPrefix = "commit:";

std::string source_key(const std::string& task) { return std::string(kSourcePrefix) + task; }

}  // namespace

FoldTask::FoldTask(TaskParts parts, FoldPlace place, std::unique_ptr<Fold> fold,
                   std::int32_t partition)
    : parts_(std::move(parts)),
      place_(std::move(place)),
      fold_(std::move(fold)),
      partition_(partition),
      name_(task_name(place_.kind, partition)),
      input_{place_.input, partition},
      changelog_{place_.changelog, partition},
      chain_(name_) {}

std::vector<Position> FoldTask::start() {
  const Dataset& dataset = *parts_.dataset;
  check_partitions(parts_.log, input_.topic, dataset);
  check_partitions(parts_.log, changelog_.topic, dataset);
  for (const ReportSpec& report : dataset.reports) {
    check_partitions(parts_.log, parts_.topics.rows(report.name), dataset);
  }
  producer_ = parts_.log.transactional_producer(parts_.topics.prefix() + "-" + name_);
  std::vector<TopicPartition> outputs = place_.outputs;
  outputs.push_back(changelog_);
  producer_->take_over(outputs);
  state_topic_ = producer_->topic(changelog_.topic);
  ends_ = parts_.log.reader();
  restore(*parts_.log.reader());
  if (!chain_.empty()) check_committed(chain_.last(), dataset);
  load_sources();
  fold_->load(*store_);
  committed_input_ = next_ = committed_input(chain_, *ends_, input_);
  return {{input_, next_}};
}

void FoldTask::load_sources() {
  sources_.clear();
  store_->scan(kSourcePrefix, [&](std::string_view key, std::string_view value) {
    const auto applied = decode_applied(value);
    if (!applied) {
      throw Unsafe("the state of " + name_ + " was written by another version of the program");
    }
    const std::string task(key.substr(kSourcePrefix.size()));
    sources_[task].chain = DeltaChain(*applied);
    return true;
  });
}

void FoldTask::process(const TopicPartition& from, std::span<const LogRecord> records) {
  if (from != input_) return;
  for (const LogRecord& record : records) {
    // A consumer may rewind; what was taken is not taken again.
    if (record.offset < next_) continue;
    take(record);
    next_ = record.offset + 1;
  }
}

void FoldTask::take(const LogRecord& message) {
  auto frame = read_frame(message.value);
  if (!frame) {
    throw Unsafe("topic " + input_.topic + " holds a message that is no frame of deltas (offset " +
                 std::to_string(message.offset) + "): " + frame.error().message);
  }
  Source& source = sources_[frame->head.task];
  const DeltaChain::Step step = source.chain.read(frame->head, message.offset);
  if (step == DeltaChain::Step::kSkip) return;
  if (step == DeltaChain::Step::kHold) {
    source.held.emplace_back(message.value);
    return;
  }
  for (const std::string& held : source.held) fold_->apply(read_frame(held)->deltas, *store_);
  fold_->apply(frame->deltas, *store_);
  source.held.clear();
  source.chain.mark_applied();
  source.changed = true;
  if (!pending_) pending_since_ = parts_.clock.steady_now();
  pending_ = true;
}

std::int64_t FoldTask::safe_input() const {
  std::int64_t safe = next_;
  for (const auto& [task, source] : sources_) {
    safe = std::min(safe, source.chain.held_from().value_or(next_));
  }
  return safe;
}

bool FoldTask::wants_commit(Clock::Steady now, bool input_idle) const {
  if (!pending_) return false;
  return input_idle || fold_->bytes() >= kMaxPendingBytes ||
         now - pending_since_ >= kMaxPendingTime;
}

void FoldTask::commit() {
  if (!pending_) return;
  // Nobody else writes here: this transaction's messages come at or behind this offset.
  const std::int64_t changelog_from = ends_->end_offset(changelog_);
  CommitRecord commit = chain_.next();
  const std::int64_t input_to = safe_input();
  Fold::Outcome outcome =
      fold_->outcome({name_, commit.transaction, committed_input_, input_to}, *store_);
  for (const auto& [task, source] : sources_) {
    if (source.changed) outcome.state.push_back({source_key(task), encode(source.chain.applied())});
  }
  commit.inputs[input_.topic] = input_to;
  commit.partitions = parts_.dataset->partitions;
  commit.fingerprint = parts_.dataset->fingerprint;
  commit.messages = outcome.state.size();

  producer_->begin();
  for (const StateStore::Write& write : outcome.state) {
    produce_state(write.key, write.value ? *write.value : std::string_view{}, !write.value);
  }
  for (const Fold::Message& message : outcome.messages) produce(message);
  const Position position{input_, input_to};
  producer_->send_offsets(group_name(parts_.topics, *parts_.dataset), {&position, 1});
  produce_state(std::string(kCommitPrefix) + name_, to_json(commit), false);
  reach("before-commit");
  producer_->commit();
  reach("after-commit");

  chain_.read(commit);
  committed_input_ = input_to;
  apply_to_store(std::move(outcome.state), commit.transaction, changelog_from);
  reach("after-apply");

  for (const auto& [report, rows] : outcome.changed) parts_.events.groups_changed(report, rows);
  for (auto& [task, source] : sources_) source.changed = false;
  fold_->settle();
  pending_ = false;
}

void FoldTask::reach(const char* where) const {
  crash_point((place_.crash_point + "." + where).c_str());
}

void FoldTask::produce_state(std::string_view key, std::string_view value, bool tombstone) {
  OutgoingRecord out;
  out.key = key;
  out.value = value;
  out.tombstone = tombstone;
  producer_->produce(state_topic_, partition_, out);
}

void FoldTask::produce(const Fold::Message& message) {
  auto found = topics_.find(message.topic);
  if (found == topics_.end()) {
    found = topics_.emplace(message.topic, producer_->topic(message.topic)).first;
  }
  OutgoingRecord out;
  out.key = message.key;
  out.value = message.value;
  out.tombstone = message.tombstone;
  producer_->produce(found->second, message.partition, out);
}

void FoldTask::apply_to_store(std::vector<StateStore::Write> writes, std::uint64_t transaction,
                              std::int64_t changelog_from) {
  const LocalPosition local{changelog_from, transaction,
                            parts_.dataset->fingerprint, parts_.clock.unix_ms()};
  store_->apply(writes, to_json(local));
}

}  // namespace sluice::transform
