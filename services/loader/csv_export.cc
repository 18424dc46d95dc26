#include "services/loader/csv_export.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <random>
#include <system_error>

#include "common/base/crash_point.h"
#include "common/telemetry/log.h"
#include "services/loader/core/csv_select.h"
#include "services/loader/core/statements.h"
#include "services/loader/disk_file.h"

namespace sluice::loader {
namespace {

namespace fs = std::filesystem;

constexpr auto kLookInterval = std::chrono::milliseconds(100);
constexpr const char* kTemporary = ".tmp-";

// Loaders in containers share a folder and yet have the same pid.
std::string temporary_name(const fs::path& file) {
  static const unsigned unique = std::random_device{}();
  const std::string name = "." + file.filename().string() + kTemporary + std::to_string(unique) +
                           "-" + std::to_string(::getpid());
  return (file.parent_path() / name).string();
}

// Removes the temporary file unless it has become the real one.
struct Unfinished {
  const std::string& path;
  bool renamed = false;
  ~Unfinished() {
    if (!renamed) ::unlink(path.c_str());
  }
};

// Whether a process that runs now wrote the temporary file.
bool writer_lives(const std::string& name) {
  const std::string digits = name.substr(name.rfind('-') + 1);
  int pid = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (error != std::errc() || pid <= 0 || pid == ::getpid()) return false;
  return ::kill(pid, 0) == 0 || errno == EPERM;
}

}  // namespace

CsvExporter::CsvExporter(std::string postgres_url, const std::string& installation,
                         std::string folder, std::function<void(const std::string&)> exported)
    : folder_(std::move(folder)),
      exported_(std::move(exported)),
      election_(std::move(postgres_url), "sluice-loader csv", installation + " csv files") {}

CsvExporter::~CsvExporter() { stop(); }

void CsvExporter::start() {
  fs::create_directories(folder_);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void CsvExporter::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void CsvExporter::set_reports(std::vector<ReportSpec> reports) {
  const std::lock_guard lock(mutex_);
  new_reports_ = std::move(reports);
}

std::string CsvExporter::not_ready() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void CsvExporter::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool away = false;
    const auto began = std::chrono::steady_clock::now();
    try {
      look();
    } catch (const std::exception& error) {
      away = true;
      resign_if_cut_off();
      const std::string trouble = std::string("CSV files cannot be written: ") + error.what();
      if (trouble != not_ready()) log::warning(trouble);
      say(trouble);
    }
    rest(stop, began, away);
  }
}

// A new term writes every file anew: an error on a session that stands is no reason for one.
void CsvExporter::resign_if_cut_off() {
  if (connection_ != nullptr && connection_->alive()) {
    connection_->rollback();
  } else {
    election_.resign();
  }
}

void CsvExporter::say(std::string trouble) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(trouble);
}

// Until the next look, which began at `began` the last time.
void CsvExporter::rest(const std::stop_token& stop, std::chrono::steady_clock::time_point began,
                       bool away) {
  std::unique_lock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto least = rest_behind(now - began, away);
  const auto most = std::max<std::chrono::steady_clock::duration>(kLookInterval, least);
  wake_.wait_until(lock, stop, now + least, [] { return false; });
  wake_.wait_until(lock, stop, now + most, [this] { return changed_; });
  changed_ = false;
}

void CsvExporter::table_changed() {
  {
    const std::lock_guard lock(mutex_);
    changed_ = true;
  }
  wake_.notify_all();
}

// What an exporter that was killed left behind.
void CsvExporter::sweep() const {
  std::error_code ignored;
  std::vector<fs::path> old;
  // A folder that cannot be looked into is none of ours.
  const auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator at(folder_, options, ignored), end; !ignored && at != end;
       at.increment(ignored)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(".") && name.find(kTemporary) != std::string::npos &&
        !writer_lives(name)) {
      old.push_back(at->path());
    }
  }
  for (const fs::path& path : old) fs::remove(path, ignored);
}

void CsvExporter::take_new_reports() {
  std::optional<std::vector<ReportSpec>> reports;
  {
    const std::lock_guard lock(mutex_);
    reports.swap(new_reports_);
  }
  if (!reports) return;
  std::vector<Export> exports;
  for (const ReportSpec& report : *reports) {
    const auto path = export_path(report.csv->path);
    if (!path) {
      log::error("report not exported",
                 {{"report", report.name}, {"reason", path.error().message}});
      continue;
    }
    Export made{report.name, (fs::path(folder_) / *path).string(), csv_copy(report, *report.csv)};
    for (const Export& old : exports_) {
      if (old.report == made.report && old.file == made.file && old.copy == made.copy) made = old;
    }
    exports.push_back(std::move(made));
  }
  exports_ = std::move(exports);
}

void CsvExporter::look() {
  take_new_reports();
  connection_ = nullptr;
  if (!exports_.empty()) connection_ = election_.lead();
  if (connection_ == nullptr) return say({});
  if (term_ != election_.terms()) {
    term_ = election_.terms();
    sweep();
    for (Export& one : exports_) one.done.reset();  // another process has written since
  }
  std::vector<std::string_view> names;
  for (const Export& one : exports_) names.push_back(one.report);
  const std::optional<std::string> parameters[] = {text_array(names)};
  const postgres::Rows rows = connection_->run(
      "SELECT wanted.name, COALESCE(r.revision, 0) FROM unnest($1::text[]) AS wanted (name) "
      "LEFT JOIN _sluice.reports AS r ON r.name = wanted.name",
      parameters);
  for (int row = 0; row < rows.size(); ++row) {
    for (Export& one : exports_) {
      if (one.report != rows.text(row, 0)) continue;
      std::error_code unknown;
      if (one.done == rows.integer(row, 1) && fs::exists(one.file, unknown)) {
        one.trouble.clear();
      } else if (one.pause.over(std::chrono::steady_clock::now())) {
        try_to_write(one);
      }
    }
  }
  const auto troubled = std::ranges::find_if(
      exports_, [](const Export& one) { return !one.trouble.empty(); });
  say(troubled == exports_.end() ? "" : troubled->trouble);
}

// One report's trouble is its own, told once; a connection that broke is everybody's.
void CsvExporter::try_to_write(Export& one) {
  try {
    write(one);
    one.trouble.clear();
    one.pause.succeeded();
  } catch (const postgres::ConnectionLost&) {
    throw;
  } catch (const std::exception& error) {
    connection_->rollback();
    if (!connection_->alive()) throw;
    std::string trouble =
        "the CSV file of report '" + one.report + "' cannot be written: " + error.what();
    if (trouble != one.trouble) log::warning(trouble);
    one.trouble = std::move(trouble);
    one.pause.failed(std::chrono::steady_clock::now());
  }
}

void CsvExporter::write(Export& one) {
  const fs::path file(one.file);
  fs::create_directories(file.parent_path());
  const std::string temporary = temporary_name(file);
  Unfinished unfinished{temporary};
  std::int64_t revision = 0;
  connection_->begin("ISOLATION LEVEL REPEATABLE READ READ ONLY");
  {
    const std::optional<std::string> name[] = {one.report};
    revision =
        connection_
            ->run("SELECT COALESCE(max(revision), 0) FROM _sluice.reports WHERE name = $1", name)
            .integer(0, 0);
    DiskFile out = DiskFile::created(temporary);
    connection_->copy_out(one.copy, [&](std::string_view piece) { out.write(piece); });
    out.sync();
  }
  connection_->commit();
  crash_point("export.before-rename");
  rename_durably(temporary, one.file);
  unfinished.renamed = true;
  one.done = revision;
  exported_(one.report);
}

}  // namespace sluice::loader
