#include "services/ingest/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>

#include "common/telemetry/log.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {
namespace {

// Label values come from the definitions; a file that no definition takes has none.
constexpr const char* kNoDataset = "none";

std::string dataset_label(const Announcement& file) {
  return file.dataset.empty() ? kNoDataset : file.dataset;
}

}  // namespace

std::string trace_id_of(const std::string& file_id) {
  Sha256 hash;
  hash.add(file_id);
  return hash.hex().substr(0, 32);
}

Telemetry::Telemetry(Metrics& metrics, const Clock& clock) : metrics_(metrics), clock_(clock) {
  metrics_.know("dataset", kNoDataset);
}

void Telemetry::discovered(const Announcement& file) {
  metrics_.counter(metric::kFilesDiscoveredTotal).Increment();
  log::info("file found", {{"dataset", file.dataset},
                           {"file", file.id},
                           {"trace", trace_id_of(file.id)},
                           {"name", file.name},
                           {"bytes", file.bytes}});
}

void Telemetry::trouble(const std::string& message) {
  log::warning("announcing files is delayed", {{"reason", message}});
}

void Telemetry::s3_trouble(const std::string& message) {
  metrics_.counter(metric::kS3FailuresTotal).Increment();
  log::warning("a request to S3 failed", {{"reason", message}});
}

void Telemetry::definition_loaded(const std::string& dataset, const std::string& path) {
  metrics_.know("dataset", dataset);
  log::info("definition in force", {{"dataset", dataset}, {"path", path}});
}

void Telemetry::definition_refused(const std::string& message) {
  metrics_.counter(metric::kDefinitionsRefusedTotal).Increment();
  log::error("definition refused", {{"reason", message}});
}

void Telemetry::reading_started(const FileEntry& entry, bool resumed) {
  log::info(resumed ? "reading resumed" : "reading started", {{"dataset", entry.file.dataset},
                                                              {"file", entry.file.id},
                                                              {"trace", trace_id_of(entry.file.id)},
                                                              {"from_byte", entry.next_byte}});
}

void Telemetry::chunk_committed(const FileEntry& entry, const ChunkCounts& counts) {
  const std::string dataset = dataset_label(entry.file);
  metrics_.counter(metric::kIngestBytesTotal).Increment(static_cast<double>(counts.bytes));
  metrics_.counter(metric::kRowsReadTotal, dataset).Increment(static_cast<double>(counts.rows));
  metrics_.counter(metric::kRecordsPublishedTotal).Increment(static_cast<double>(counts.published));
  for (const auto& [rule, letters] : counts.dead_letters) {
    metrics_.counter(metric::kDeadLettersTotal, dataset, rule).Increment(static_cast<double>(letters));
  }
}

void Telemetry::fully_read(const FileEntry& entry) {
  log::info("file read", {{"dataset", entry.file.dataset},
                          {"file", entry.file.id},
                          {"trace", trace_id_of(entry.file.id)},
                          {"rows", entry.rows},
                          {"published", entry.published},
                          {"dead_letters", entry.rejected}});
}

void Telemetry::settled(const FileEntry& entry) {
  const std::string outcome(to_string(entry.state));
  metrics_.counter(metric::kFilesCompletedTotal, dataset_label(entry.file), outcome).Increment();
  log::write(entry.state == FileState::kFailed ? log::Level::kWarning : log::Level::kInfo,
             "file " + outcome,
             {{"dataset", entry.file.dataset},
              {"file", entry.file.id},
              {"trace", trace_id_of(entry.file.id)},
              {"rows", entry.rows},
              {"records", entry.records},
              {"corrections", entry.corrections},
              {"duplicates", entry.duplicates},
              {"dead_letters", entry.dead_letters()},
              {"duplicate_of", entry.duplicate_of},
              {"reason", entry.error}});
}

void Telemetry::source_away(const Announcement& file, std::string_view reason) {
  log::warning("source cannot be reached, its files wait",
               {{"source", file.source}, {"file", file.id}, {"reason", reason}});
}

void Telemetry::access_refused(const Announcement& file, std::string_view reason) {
  log::warning("file may not be read", {{"file", file.id}, {"trace", trace_id_of(file.id)}, {"reason", reason}});
}

void Telemetry::memory_short(const Announcement& file) {
  metrics_.counter(metric::kDecoderWaitsTotal).Increment();
  log::info("file waits for memory to be unpacked in", {{"file", file.id}, {"trace", trace_id_of(file.id)}});
}

void Telemetry::move_failed(const Announcement& file, std::string_view reason) {
  log::warning("file cannot be moved yet",
               {{"file", file.id}, {"trace", trace_id_of(file.id)}, {"reason", reason}});
}

void Telemetry::message_ignored(std::string_view topic, std::int64_t offset,
                                std::string_view reason) {
  log::warning("message ignored", {{"topic", topic}, {"offset", offset}, {"reason", reason}});
}

void Telemetry::backlog(std::int32_t shard, const Backlog& backlog) {
  const std::string label = std::to_string(shard);
  metrics_.gauge(metric::kFilesUnsettled, label).Set(static_cast<double>(backlog.files));
  metrics_.gauge(metric::kRowsUnaccounted, label).Set(static_cast<double>(backlog.rows));
  {
    const std::lock_guard lock(mutex_);
    oldest_ms_[shard] = backlog.oldest_ms;
  }
  refresh();
}

void Telemetry::refresh() {
  const std::lock_guard lock(mutex_);
  std::int64_t oldest = 0;
  for (const auto& [shard, found] : oldest_ms_) {
    if (found != 0 && (oldest == 0 || found < oldest)) oldest = found;
  }
  const double age = oldest == 0 ? 0 : static_cast<double>(clock_.unix_ms() - oldest) / 1000.0;
  metrics_.gauge(metric::kFileOldestPendingSeconds).Set(std::max(age, 0.0));
}

}  // namespace sluice::ingest
