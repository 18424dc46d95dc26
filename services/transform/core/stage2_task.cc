#include "services/transform/core/stage2_task.h"

#include "common/base/crash_point.h"
#include "common/base/error.h"
#include "common/definition/committed.h"
#include "services/transform/core/row_json.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kMaxPendingBytes = 64U << 20;
constexpr auto kMaxPendingTime = std::chrono::seconds(1);
constexpr std::string_view kSourcePrefix = "source:";
constexpr std::string_view kCommitPrefix = "commit:";

std::string source_key(std::int32_t task) {
  return std::string(kSourcePrefix) + std::to_string(task);
}

}  // namespace

Stage2Task::Stage2Task(TaskParts parts, std::int32_t partition)
    : parts_(std::move(parts)),
      partition_(partition),
      name_(task_name(stage2_kind(*parts_.dataset), partition)),
      input_{parts_.topics.deltas(parts_.dataset->name), partition},
      changelog_{parts_.topics.state(parts_.dataset->name), partition},
      chain_(name_),
      groups_(*parts_.dataset) {}

std::vector<Position> Stage2Task::start() {
  const Dataset& dataset = *parts_.dataset;
  check_partitions(parts_.log, input_.topic, dataset);
  check_partitions(parts_.log, changelog_.topic, dataset);
  producer_ = parts_.log.transactional_producer(parts_.topics.prefix() + "-" + name_);
  state_topic_ = producer_->topic(changelog_.topic);
  for (const ReportSpec& report : dataset.reports) {
    const std::string rows = parts_.topics.rows(report.name);
    check_partitions(parts_.log, rows, dataset);
    row_topics_[report.name] = producer_->topic(rows);
  }
  reader_ = parts_.log.reader();
  restore();
  if (!chain_.empty()) check_committed(chain_.last(), dataset);
  load_sources();
  next_ = committed_input(chain_, *reader_, input_);
  return {{input_, next_}};
}

void Stage2Task::load_sources() {
  sources_.clear();
  store_->scan(kSourcePrefix, [&](std::string_view key, std::string_view value) {
    const auto applied = decode_applied(value);
    if (!applied) {
      throw Unsafe("the state of " + name_ + " was written by another version of the program");
    }
    const std::string task(key.substr(kSourcePrefix.size()));
    sources_[std::stoi(task)].chain = DeltaChain(*applied);
    return true;
  });
}

void Stage2Task::process(const TopicPartition& from, std::span<const LogRecord> records) {
  if (from != input_) return;
  for (const LogRecord& record : records) {
    // A consumer may rewind; what was taken is not taken again.
    if (record.offset < next_) continue;
    take(record);
    next_ = record.offset + 1;
  }
}

void Stage2Task::take(const LogRecord& message) {
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
  for (const std::string& held : source.held) groups_.apply(read_frame(held)->deltas, *store_);
  groups_.apply(frame->deltas, *store_);
  source.held.clear();
  source.chain.mark_applied();
  source.changed = true;
  if (!pending_) pending_since_ = parts_.clock.steady_now();
  pending_ = true;
}

std::int64_t Stage2Task::safe_input() const {
  std::int64_t safe = next_;
  for (const auto& [task, source] : sources_) {
    safe = std::min(safe, source.chain.held_from().value_or(next_));
  }
  return safe;
}

bool Stage2Task::wants_commit(Clock::Steady now, bool input_idle) const {
  if (!pending_) return false;
  return input_idle || groups_.bytes() >= kMaxPendingBytes ||
         now - pending_since_ >= kMaxPendingTime;
}

void Stage2Task::commit() {
  if (!pending_) return;
  // Nobody else writes here: this transaction's messages come at or behind this offset.
  const std::int64_t changelog_from = reader_->end_offset(changelog_);
  const auto changes = groups_.changes();
  CommitRecord commit = chain_.next();
  commit.inputs[input_.topic] = safe_input();
  commit.partitions = parts_.dataset->partitions;
  commit.fingerprint = parts_.dataset->fingerprint;

  producer_->begin();
  for (const GroupTable::Change& change : changes) produce_state(change.key, change.value);
  commit.messages = changes.size();
  for (const auto& [task, source] : sources_) {
    if (!source.changed) continue;
    produce_state(source_key(task), encode(source.chain.applied()));
    ++commit.messages;
  }
  produce_rows(changes, commit.transaction);
  const Position position{input_, commit.inputs[input_.topic]};
  producer_->send_offsets(group_name(parts_.topics, *parts_.dataset), {&position, 1});
  produce_state(std::string(kCommitPrefix) + name_, to_json(commit));
  crash_point("stage2.before-commit");
  producer_->commit();
  crash_point("stage2.after-commit");

  chain_.read(commit);
  apply_to_store(changes, commit.transaction, changelog_from);
  crash_point("stage2.after-apply");

  std::map<std::string, std::uint64_t> changed;
  for (const GroupTable::Change& change : changes) ++changed[change.report->name];
  for (const auto& [report, groups] : changed) parts_.events.groups_changed(report, groups);
  for (auto& [task, source] : sources_) source.changed = false;
  groups_.settle();
  pending_ = false;
}

void Stage2Task::produce_state(std::string_view key, const std::string& value) {
  OutgoingRecord out;
  out.key = key;
  out.value = value;
  out.tombstone = value.empty();
  producer_->produce(state_topic_, partition_, out);
}

void Stage2Task::produce_rows(const std::vector<GroupTable::Change>& changes,
                              std::uint64_t transaction) {
  for (const GroupTable::Change& change : changes) {
    const auto row = write_row(*change.report, *change.measures, change.group,
                               change.value.empty() ? nullptr : change.accumulators, transaction);
    if (!row) throw Unsafe(row.error().message);
    OutgoingRecord out;
    out.key = row->key;
    out.value = row->value;
    out.tombstone = change.value.empty();
    producer_->produce(row_topics_.at(change.report->name), partition_, out);
  }
}

void Stage2Task::apply_to_store(const std::vector<GroupTable::Change>& changes,
                                std::uint64_t transaction, std::int64_t changelog_from) {
  std::vector<StateStore::Write> writes;
  writes.reserve(changes.size() + sources_.size());
  for (const GroupTable::Change& change : changes) {
    writes.push_back({std::string(change.key), change.value.empty()
                                                   ? std::nullopt
                                                   : std::optional<std::string>(change.value)});
  }
  for (const auto& [task, source] : sources_) {
    if (source.changed) writes.push_back({source_key(task), encode(source.chain.applied())});
  }
  const LocalPosition local{changelog_from, transaction, std::nullopt,
                            parts_.dataset->fingerprint};
  store_->apply(writes, to_json(local));
}

}  // namespace sluice::transform
