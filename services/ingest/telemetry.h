#pragma once
// ingest's logs and metrics: what happens is told here once, and becomes a log line and numbers.
// Thread-safe. The trace id of a file is made from its bytes' fingerprint and its place, so that
// every service can name it without being told.

#include <map>
#include <mutex>
#include <string>

#include "common/base/clock.h"
#include "common/telemetry/metrics.h"
#include "services/ingest/core/ingest_events.h"

namespace sluice::ingest {

// 32 hex digits, as a W3C trace id.
std::string trace_id_of(const std::string& file_id);

class Telemetry final : public IngestEvents {
 public:
  Telemetry(Metrics& metrics, const Clock& clock);

  void discovered(const Announcement& file);
  void trouble(const std::string& message);
  void s3_trouble(const std::string& message);
  // A definition that is in force, is refused, or is gone.
  void definition_loaded(const std::string& dataset, const std::string& path);
  void definition_refused(const std::string& message);
  // Call now and then: an age grows without anything happening.
  void refresh();

  void reading_started(const FileEntry& entry, bool resumed) override;
  void chunk_committed(const FileEntry& entry, const ChunkCounts& counts) override;
  void fully_read(const FileEntry& entry) override;
  void settled(const FileEntry& entry) override;
  void source_away(const Announcement& file, std::string_view reason) override;
  void memory_short(const Announcement& file) override;
  void access_refused(const Announcement& file, std::string_view reason) override;
  void move_failed(const Announcement& file, std::string_view reason) override;
  void message_ignored(std::string_view topic, std::int64_t offset,
                       std::string_view reason) override;
  void backlog(std::int32_t shard, const Backlog& backlog) override;

 private:
  Metrics& metrics_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::int32_t, std::int64_t> oldest_ms_;  // by shard; 0 is none
};

}  // namespace sluice::ingest
