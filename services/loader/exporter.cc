#include "services/loader/exporter.h"

#include <chrono>

#include "common/adapters/parquet/parquet_writer.h"
#include "common/base/crash_point.h"
#include "common/telemetry/log.h"
#include "services/loader/core/csv_select.h"
#include "services/loader/core/export_plan.h"

namespace sluice::loader {
namespace {

constexpr auto kLookInterval = std::chrono::milliseconds(250);
constexpr auto kBackOff = std::chrono::seconds(1);
constexpr int kFetchRows = 1000;

// The service is being stopped.
struct Stopped {};

void check_stop(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Stopped();
}

// A file that counts its bytes.
struct Counted {
  std::unique_ptr<ExportFile> file;
  std::int64_t bytes = 0;
  void write(std::string_view piece) {
    bytes += static_cast<std::int64_t>(piece.size());
    file->write(piece);
  }
};

struct Shape {
  std::int64_t rows = 0;
  std::vector<parquet_file::Column> columns;
};

Shape shape_of(postgres::Connection& connection, const ReportSpec& report) {
  const postgres::Rows answer = connection.run(shape_select(report));
  Shape out{answer.integer(0, 0), {}};
  int next = 1;
  for (const ReportColumn& column : report.columns) {
    const int scale =
        column.type == ColumnType::kDecimal ? static_cast<int>(answer.integer(0, next++)) : 0;
    out.columns.push_back({column.name, column.type, !column.in_key, scale});
  }
  return out;
}

void write_parquet(postgres::Connection& connection, const ReportSpec& report, const Shape& shape,
                   Counted& out, const std::stop_token& stop) {
  parquet_file::Writer writer(shape.columns, [&](std::string_view piece) { out.write(piece); });
  connection.run("DECLARE export_rows NO SCROLL CURSOR FOR " + parquet_select(report));
  const std::string fetch = "FETCH " + std::to_string(kFetchRows) + " FROM export_rows";
  std::vector<std::optional<std::string_view>> row(shape.columns.size());
  for (;;) {
    check_stop(stop);
    const postgres::Rows rows = connection.run(fetch);
    for (int i = 0; i < rows.size(); ++i) {
      for (std::size_t c = 0; c < row.size(); ++c) {
        const int column = static_cast<int>(c);
        row[c] = rows.is_null(i, column) ? std::nullopt : std::optional(rows.text(i, column));
      }
      writer.add(row);
    }
    crash_point("export.rows-written");
    if (rows.size() < kFetchRows) break;
  }
  connection.run("CLOSE export_rows");
  writer.finish();
}

std::int64_t revision_of(postgres::Connection& connection, const ReportSpec& report) {
  const std::optional<std::string> name[] = {report.name};
  return connection
      .run("SELECT COALESCE(max(revision), 0) FROM _sluice.reports WHERE name = $1", name)
      .integer(0, 0);
}

}  // namespace

Exporter::Exporter(Parts parts)
    : parts_(std::move(parts)),
      election_(parts_.postgres_url, "sluice-loader exports", parts_.installation + " exports") {}

Exporter::~Exporter() { stop(); }

void Exporter::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Exporter::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Exporter::set_reports(std::vector<ReportSpec> reports) {
  const std::lock_guard lock(mutex_);
  new_reports_ = std::move(reports);
}

void Exporter::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::chrono::milliseconds rest = kLookInterval;
    try {
      look(stop);
      told_.clear();
    } catch (const std::exception& error) {  // what was under way is taken up by whoever leads next
      election_.resign();
      if (told_ != error.what()) log::warning("exports wait", {{"reason", error.what()}});
      told_ = error.what();
      rest = kBackOff;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, rest, [] { return false; });
  }
  election_.resign();
}

void Exporter::look(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (new_reports_) {
      reports_.clear();
      for (ReportSpec& report : *new_reports_) reports_.emplace(report.name, std::move(report));
      new_reports_.reset();
    }
  }
  if (reports_.empty()) return;
  postgres::Connection* connection = election_.lead();
  if (connection == nullptr) return;
  request_due(*connection);
  std::vector<std::string> names;
  for (const auto& [name, report] : reports_) names.push_back(name);
  fail_strangers(*connection, names);
  while (!stop.stop_requested()) {
    const auto one = claim_export(*connection, names);
    if (!one) return;
    perform(*connection, *one, stop);
  }
}

void Exporter::request_due(postgres::Connection& connection) {
  const Instant now{parts_.clock.unix_ms() * 1000};
  for (const auto& [name, report] : reports_) {
    const std::int64_t every = report.exported->every_seconds;
    const auto seen = seen_slots_.find(name);
    const auto known = seen == seen_slots_.end() ? std::nullopt : std::optional(seen->second);
    if (!due_slot(every, now, known)) continue;
    const ScheduleState state = schedule_state(connection, name);
    if (!state.has_rows) continue;  // it begins with the report's first row
    const auto slot = due_slot(every, now, state.last_slot);
    if (slot) request_scheduled(connection, name, *slot);
    seen_slots_[name] = slot ? *slot : *state.last_slot;
  }
}

void Exporter::perform(postgres::Connection& connection, const ExportRun& one,
                       const std::stop_token& stop) {
  const auto began = parts_.clock.steady_now();
  std::string reason;
  bool again = true;
  try {
    write(connection, one, reports_.at(one.report), stop);
  } catch (const Stopped&) {
    connection.rollback();
    note_interrupted(connection, one.id);
    return;
  } catch (const postgres::ConnectionLost&) {
    throw;
  } catch (const ExportRefused& error) {
    reason = error.what();
    again = false;
  } catch (const std::exception& error) {
    reason = error.what();
  }
  if (reason.empty()) {
    const std::chrono::duration<double> took = parts_.clock.steady_now() - began;
    parts_.events.export_done(one.report, took.count());
    return;
  }
  connection.rollback();
  const auto pause = again ? pause_after(one.attempt) : std::nullopt;
  log::warning(pause ? "an export failed and will be tried again" : "an export failed",
               {{"report", one.report}, {"export", one.id}, {"reason", reason}});
  if (pause) {
    note_retry(connection, one.id, reason, *pause);
    parts_.events.export_retried(one.report);
  } else {
    note_failed(connection, one.id, reason);
    parts_.events.export_failed(one.report);
  }
}

void Exporter::write(postgres::Connection& connection, const ExportRun& one,
                     const ReportSpec& report, const std::stop_token& stop) {
  const ExportSpec& spec = *report.exported;
  const auto place = parts_.place(spec);
  const std::string meant =
      spec.hist && one.taken_at ? hist_path(report, one.id, *one.taken_at) : "";
  // A snapshot in hist/ stays as it is; what was lost is only the word that it is there.
  const bool stands =
      !meant.empty() && one.hist_bytes &&
      place->size_of(meant) == std::optional(static_cast<std::uint64_t>(*one.hist_bytes));
  place->sweep(report, stands ? "" : meant);
  if (one.attempt > kExportAttempts) {
    throw ExportRefused("given up after " + std::to_string(kExportAttempts) +
                        " attempts, of which the last was interrupted");
  }

  ExportedFiles files;
  files.taken_at =
      stands ? *one.taken_at
             : snapshot_time({parts_.clock.unix_ms() * 1000}, last_snapshot(connection, report.name));
  Counted hist, current;
  connection.begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
  files.revision = revision_of(connection, report);
  const Shape shape = shape_of(connection, report);
  files.rows = shape.rows;
  if (spec.hist) {
    const std::string path = hist_path(report, one.id, *files.taken_at);
    files.hist = place->shown(path);
    files.hist_bytes = one.hist_bytes;
    if (!stands) {
      hist.file = place->begin(path);
      write_parquet(connection, report, shape, hist, stop);
      files.hist_bytes = hist.bytes;
    }
  }
  if (spec.current) {
    current.file = place->begin(current_path(report));
    connection.copy_out(csv_copy(report, *spec.current), [&](std::string_view piece) {
      check_stop(stop);
      current.write(piece);
    });
    files.current = place->shown(current_path(report));
    files.current_bytes = current.bytes;
    files.current_revision = files.revision;
    files.current_rows = files.rows;
  }
  if (stands) {  // of hist, what is told is told of the snapshot that stays
    files.rows = one.rows;
    files.revision = one.revision;
  }
  if (hist.file) hist.file->finish();
  if (current.file) current.file->finish();
  connection.commit();  // so this process did lead
  note_files(connection, one.id, files);
  crash_point("export.files-noted");
  if (hist.file) hist.file->publish();
  crash_point("export.hist-published");
  if (current.file) current.file->publish();
  crash_point("export.current-published");
  note_done(connection, one.id);
  log::info("exported", {{"report", report.name},
                         {"export", one.id},
                         {"rows", files.rows},
                         {"current", files.current.value_or("")},
                         {"hist", files.hist.value_or("")}});
}

}  // namespace sluice::loader
