#pragma once
// The only place that knows how topics are named: `<prefix>.<name>.<stage>.v1`, dots between
// fields, hyphens inside words, '_' of a dataset's or report's name becomes '-' (Kafka's metrics
// confuse
// '.' and '_'). The prefix is "sluice" unless SLUICE_TOPIC_PREFIX says otherwise (tests do).

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// How long a compacted topic keeps that a key was deleted, and so transaction markers, too. Whoever has
// not read it for longer than the second cannot know what was deleted meanwhile, and starts anew.
inline constexpr std::int64_t kDeletionsKeptMs = 7 * 86'400'000LL;
inline constexpr std::int64_t kAwayAtMostMs = kDeletionsKeptMs - 12 * 3'600'000LL;

struct TopicSettings {
  std::string name;
  std::int32_t partitions = 1;
  std::map<std::string, std::string> config;  // cleanup.policy, retention.ms, ...
};

class Topics {
 public:
  explicit Topics(std::string prefix = "sluice", int generation = 1)
      : prefix_(std::move(prefix)), generation_(generation) {}
  const std::string& prefix() const { return prefix_; }
  // The same names for another generation of pipelines (common/model/generations.h). What lies behind the records has
  // its generation in its name: `sluice.bookings.deltas.g2.v1`; the first has none.
  Topics of_generation(int generation) const { return Topics(prefix_, generation); }
  int generation() const { return generation_; }

  // --- of the whole installation
  std::string files() const;           // compacted ledger: a file's state and receipt, key file id
  std::string discoveries() const;     // one partition: its offsets are the order of discovery
  std::string announcements() const;   // complete, fingerprinted files; partition = shard
  std::string file_counts() const;     // what stage 1 made of a file's records; partition = shard
  std::string ingest_commits() const;  // compacted commit records of the shards
  std::string generations() const;     // one partition, compacted: the generations of each dataset

  // --- of a dataset, whatever the generation
  std::string records(std::string_view dataset) const;
  std::string dead_letters(std::string_view dataset) const;
  // --- of a dataset's generation
  std::string commits(std::string_view dataset) const;  // compacted commit records of stage 1
  std::string deltas(std::string_view dataset) const;   // repartition topic, stage 1 -> stage 2
  std::string state(std::string_view dataset) const;    // compacted changelog of stage 2
  // Of a dataset with reports over all records of an entity: the repartition topic to the entities,
  // and their compacted changelog.
  std::string entities(std::string_view dataset) const;
  std::string entity_state(std::string_view dataset) const;

  // The consumer groups of the generation's tasks in transform, and of its rows in the loader, for lag and progress.
  std::string transform_group(std::string_view dataset) const;
  std::string loader_group(std::string_view dataset) const;

  // --- of a report's generation
  std::string rows(std::string_view report) const;  // compacted upserts; tombstone = row gone

 private:
  std::string named(std::string_view name, std::string_view stage) const;
  std::string of_generation_named(std::string_view name, std::string_view stage) const;
  std::string generation_suffix(const char* before) const;
  std::string prefix_;
  int generation_ = 1;
};

// What each topic must be when it is created and is checked to be at every start: a compacted
// topic that someone turned into a deleting one would lose state, so services refuse it.
TopicSettings compacted(std::string name, std::int32_t partitions);
TopicSettings kept_for_ever(std::string name, std::int32_t partitions);
// All topics of the installation, and of one dataset with its reports; `with_entities`: some of them
// are made of all records of an entity.
std::vector<TopicSettings> installation_topics(const Topics& topics, std::int32_t shards);
std::vector<TopicSettings> dataset_topics(const Topics& topics, std::string_view dataset,
                                          const std::vector<std::string>& reports,
                                          std::int32_t partitions, bool with_entities = false);
// Those of them that go with no generation.
std::vector<TopicSettings> record_topics(const Topics& topics, std::string_view dataset, std::int32_t partitions);
// Those of them that lie behind the records, and go with a generation.
std::vector<TopicSettings> generation_topics(const Topics& topics, std::string_view dataset,
                                             const std::vector<std::string>& reports,
                                             std::int32_t partitions, bool with_entities);
// The two of `with_entities` alone.
std::vector<TopicSettings> entity_topics(const Topics& topics, std::string_view dataset,
                                         std::int32_t partitions);

}  // namespace sluice
