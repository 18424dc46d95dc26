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
constexpr auto kBackOff = std::chrono::seconds(1);
constexpr int kRestToWork = 3;
constexpr auto kLongestRest = std::chrono::seconds(10);
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
    std::string trouble;
    const auto began = std::chrono::steady_clock::now();
    try {
      look();
    } catch (const std::exception& error) {
      election_.resign();
      trouble = std::string("CSV files cannot be written: ") + error.what();
    }
    rest(stop, began, std::move(trouble));
  }
}

// Until the next look, which began at `began` the last time.
void CsvExporter::rest(const std::stop_token& stop, std::chrono::steady_clock::time_point began,
                       std::string trouble) {
  std::unique_lock lock(mutex_);
  if (!trouble.empty() && trouble != trouble_) log::warning(trouble);
  trouble_ = std::move(trouble);
  const auto now = std::chrono::steady_clock::now();
  // A report that changes all the time does not keep the disk and the database busy all the time.
  const auto least = trouble_.empty()
                         ? std::min<std::chrono::steady_clock::duration>(
                               kRestToWork * (now - began), kLongestRest)
                         : kBackOff;
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
  if (exports_.empty()) return;
  connection_ = election_.lead();
  if (connection_ == nullptr) return;
  if (term_ != election_.terms()) {
    term_ = election_.terms();
    sweep();
    for (Export& one : exports_) one.done.reset();  // another process has written since
  }
  std::vector<std::string_view> names;
  for (const Export& one : exports_) names.push_back(one.report);
  const std::optional<std::string> parameters[] = {text_array(names)};
  std::string trouble;
  const postgres::Rows rows = connection_->run(
      "SELECT wanted.name, COALESCE(r.revision, 0) FROM unnest($1::text[]) AS wanted (name) "
      "LEFT JOIN _sluice.reports AS r ON r.name = wanted.name",
      parameters);
  for (int row = 0; row < rows.size(); ++row) {
    for (Export& one : exports_) {
      if (one.report != rows.text(row, 0)) continue;
      if (one.done == rows.integer(row, 1) && fs::exists(one.file)) continue;
      try {
        write(one);
      } catch (const std::exception& error) {
        // One report's trouble is not the others'; on a connection that broke all fail alike.
        connection_->rollback();
        if (trouble.empty()) trouble = "report '" + one.report + "': " + error.what();
      }
    }
  }
  if (!trouble.empty()) throw std::runtime_error(trouble);
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
