#include "services/ingest/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

#include <algorithm>

#include "common/telemetry/log.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {
namespace {

// Label values come from the definitions; a file that no definition takes has none.
std::string dataset_label(const Announcement& file) {
  return file.dataset.empty() ? "none" : file.dataset;
}

}  // namespace

std::string trace_id_of(const std::string& file_id) {
  Sha256 hash;
  hash.add(file_id);
  return hash.hex().substr(0, 32);
}

void Telemetry::discovered(const Announcement& file) {
  metrics_.counter("sluice_files_discovered_total", "Complete files found").Increment();
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
  metrics_.counter("sluice_s3_failures_total", "Requests to S3 that failed for all their tries")
      .Increment();
  log::warning("a request to S3 failed", {{"reason", message}});
}

void Telemetry::definition_loaded(const std::string& dataset, const std::string& path) {
  log::info("definition in force", {{"dataset", dataset}, {"path", path}});
}

void Telemetry::definition_refused(const std::string& message) {
  metrics_.counter("sluice_definitions_refused_total", "Definition files that were refused")
      .Increment();
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
  metrics_.counter("sluice_ingest_bytes_total", "Bytes of files read and committed")
      .Increment(static_cast<double>(counts.bytes));
  metrics_.counter("sluice_rows_read_total", "Rows read and committed", {{"dataset", dataset}})
      .Increment(static_cast<double>(counts.rows));
  metrics_.counter("sluice_records_published_total", "Records committed to the records topic")
      .Increment(static_cast<double>(counts.published));
  for (const auto& [rule, letters] : counts.dead_letters) {
    metrics_
        .counter("sluice_dead_letters_total", "Rows that could not go on",
                 {{"dataset", dataset}, {"rule", rule}})
        .Increment(static_cast<double>(letters));
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
  metrics_
      .counter("sluice_files_completed_total", "Files settled, by outcome",
               {{"dataset", dataset_label(entry.file)}, {"outcome", outcome}})
      .Increment();
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
  metrics_.counter("sluice_decoder_waits_total", "Files that waited for memory to be unpacked in").Increment();
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

void Telemetry::backlog(std::int32_t shard, std::size_t files, std::int64_t oldest_ms) {
  metrics_
      .gauge("sluice_files_unsettled", "Files not yet settled", {{"shard", std::to_string(shard)}})
      .Set(static_cast<double>(files));
  {
    const std::lock_guard lock(mutex_);
    oldest_ms_[shard] = oldest_ms;
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
  metrics_.gauge("sluice_file_oldest_pending_seconds", "Age of the oldest file that is not settled")
      .Set(std::max(age, 0.0));
}

}  // namespace sluice::ingest
