#pragma once
// Exports as rows of _sluice.exports: asked for (queued), under way (running; perhaps waiting for its
// next try), done or failed. At most one of a report is queued and one is running. The api adds rows,
// the leading loader changes them.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "common/base/calendar.h"

namespace sluice::loader {

struct ExportRun {
  std::string id;
  std::string report;
  int attempt = 1;
  // What an attempt that ended before its time was about to publish.
  std::optional<Instant> taken_at{};
  std::optional<std::int64_t> hist_bytes{};
  std::int64_t rows = 0;
  std::int64_t revision = 0;
};

// What is known of an export's files before they are seen.
struct ExportedFiles {
  std::optional<Instant> taken_at{};  // hist/ has one of this time
  std::int64_t revision = 0;
  std::int64_t rows = 0;
  // Of `current`: others than those where it was written anew beside a snapshot that stands.
  std::optional<std::int64_t> current_revision{}, current_rows{};
  std::optional<std::string> current{}, hist{};  // where
  std::optional<std::int64_t> current_bytes{}, hist_bytes{};
};

// Asks for the export of a slot of the report's schedule.
void request_scheduled(postgres::Connection& connection, const std::string& report, Instant slot);
struct ScheduleState {
  bool has_rows = false;  // or ever had
  std::optional<Instant> last_slot{};
};
ScheduleState schedule_state(postgres::Connection& connection, const std::string& report);

// The next to be done, now running: one that was interrupted or is to be tried again first, else the
// oldest that was asked for. Only of these reports.
std::optional<ExportRun> claim_export(postgres::Connection& connection,
                                      const std::vector<std::string>& reports);
// Of which no snapshot was ever earlier.
std::optional<Instant> last_snapshot(postgres::Connection& connection, const std::string& report);
void note_files(postgres::Connection& connection, const std::string& id, const ExportedFiles& files);
void note_done(postgres::Connection& connection, const std::string& id);
void note_failed(postgres::Connection& connection, const std::string& id, const std::string& reason);
void note_retry(postgres::Connection& connection, const std::string& id, const std::string& reason,
                std::chrono::seconds pause);
// It was broken off through no fault of its own.
void note_interrupted(postgres::Connection& connection, const std::string& id);
// Requests for other reports than these, a minute old: nobody will do them. Returns how many.
std::int64_t fail_strangers(postgres::Connection& connection,
                            const std::vector<std::string>& reports);

}  // namespace sluice::loader
