#include "common/model/topics.h"

#include <algorithm>

namespace sluice {
namespace {

// Rows may be several megabytes; brokers refuse more than one unless told otherwise.
constexpr const char* kMaxMessageBytes = "10485760";

}  // namespace

std::string Topics::named(std::string_view name, std::string_view stage) const {
  std::string out = prefix_ + ".";
  for (char c : name) out += c == '_' ? '-' : c;
  if (!stage.empty()) out += "." + std::string(stage);
  return out + ".v1";
}

std::string Topics::of_generation_named(std::string_view name, std::string_view stage) const {
  return named(name, std::string(stage) + generation_suffix(".g"));
}

std::string Topics::transform_group(std::string_view dataset) const {
  return prefix_ + "-transform-" + std::string(dataset) + generation_suffix("-g");
}
std::string Topics::loader_group(std::string_view dataset) const {
  return prefix_ + "-loader-" + std::string(dataset) + generation_suffix("-g");
}

std::string Topics::generation_suffix(const char* before) const {
  return generation_ == 1 ? std::string() : before + std::to_string(generation_);
}

std::string Topics::files() const { return named("files", ""); }
std::string Topics::discoveries() const { return named("discoveries", ""); }
std::string Topics::announcements() const { return named("announcements", ""); }
std::string Topics::file_counts() const { return named("file-counts", ""); }
std::string Topics::ingest_commits() const { return named("ingest-commits", ""); }
std::string Topics::generations() const { return named("generations", ""); }
std::string Topics::records(std::string_view dataset) const { return named(dataset, "records"); }
std::string Topics::dead_letters(std::string_view dataset) const {
  return named(dataset, "dead-letters");
}
std::string Topics::commits(std::string_view dataset) const { return of_generation_named(dataset, "commits"); }
std::string Topics::deltas(std::string_view dataset) const { return of_generation_named(dataset, "deltas"); }
std::string Topics::state(std::string_view dataset) const { return of_generation_named(dataset, "state"); }
std::string Topics::entities(std::string_view dataset) const { return of_generation_named(dataset, "entities"); }
std::string Topics::entity_state(std::string_view dataset) const {
  return of_generation_named(dataset, "entity-state");
}
std::string Topics::rows(std::string_view report) const { return of_generation_named(report, "rows"); }

TopicSettings compacted(std::string name, std::int32_t partitions) {
  return {std::move(name),
          partitions,
          {{"cleanup.policy", "compact"},
           {"delete.retention.ms", std::to_string(kDeletionsKeptMs)},
           {"max.message.bytes", kMaxMessageBytes},
           // Half of a compacted topic may be superseded messages before it is cleaned again.
           {"min.cleanable.dirty.ratio", "0.5"},
           {"segment.bytes", "67108864"}}};
}

TopicSettings kept_for_ever(std::string name, std::int32_t partitions) {
  return {
      std::move(name),
      partitions,
      {{"cleanup.policy", "delete"},
       {"retention.ms", "-1"},
       {"retention.bytes", "-1"},
       // A record's time is its event time. It may lie ahead, which Kafka 4 refuses by default; and
       // it jumps by years, at each of which a segment of limited age would end.
       {"segment.ms", "9223372036854775807"},
       {"message.timestamp.after.max.ms", "9223372036854775807"},
       {"max.message.bytes", kMaxMessageBytes}}};
}

std::vector<TopicSettings> installation_topics(const Topics& topics, std::int32_t shards) {
  return {compacted(topics.files(), shards), kept_for_ever(topics.discoveries(), 1),
          kept_for_ever(topics.announcements(), shards),
          kept_for_ever(topics.file_counts(), shards), compacted(topics.ingest_commits(), shards),
          compacted(topics.generations(), 1)};
}

std::vector<TopicSettings> dataset_topics(const Topics& topics, std::string_view dataset,
                                          const std::vector<std::string>& reports,
                                          std::int32_t partitions, bool with_entities) {
  std::vector<TopicSettings> out = record_topics(topics, dataset, partitions);
  for (TopicSettings& topic : generation_topics(topics, dataset, reports, partitions, with_entities)) {
    out.push_back(std::move(topic));
  }
  return out;
}

std::vector<TopicSettings> record_topics(const Topics& topics, std::string_view dataset, std::int32_t partitions) {
  return {kept_for_ever(topics.records(dataset), partitions),
          kept_for_ever(topics.dead_letters(dataset), partitions)};
}

std::vector<TopicSettings> generation_topics(const Topics& topics, std::string_view dataset,
                                             const std::vector<std::string>& reports,
                                             std::int32_t partitions, bool with_entities) {
  std::vector<TopicSettings> out = {compacted(topics.commits(dataset), partitions),
                                    kept_for_ever(topics.deltas(dataset), partitions),
                                    compacted(topics.state(dataset), partitions)};
  for (const std::string& report : reports)
    out.push_back(compacted(topics.rows(report), partitions));
  if (with_entities) {
    for (TopicSettings& topic : entity_topics(topics, dataset, partitions)) {
      out.push_back(std::move(topic));
    }
  }
  return out;
}

std::vector<TopicSettings> entity_topics(const Topics& topics, std::string_view dataset,
                                         std::int32_t partitions) {
  return {kept_for_ever(topics.entities(dataset), partitions),
          compacted(topics.entity_state(dataset), partitions)};
}

}  // namespace sluice
