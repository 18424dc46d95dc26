#pragma once
// Writes a report's CSV file whenever the report has changed, on one thread for all reports, in one
// of the installation's loaders; one that never had a row is a file with its header alone. A reader
// of the file sees a whole old or a whole new one, never a part: each is a snapshot of the table,
// written beside it and renamed. One whose file cannot be written is tried again, ever more rarely, and
// keeps no other waiting.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/definition/definition.h"
#include "services/loader/core/csv_pace.h"
#include "services/loader/election.h"

namespace sluice::loader {

class CsvExporter {
 public:
  // `folder` is made where it is missing. `exported` is called on the exporter's thread after each
  // file.
  CsvExporter(std::string postgres_url, const std::string& installation, std::string folder,
              std::function<void(const std::string& report)> exported);
  ~CsvExporter();

  void start();
  void stop();
  // From any thread: the reports to export, those with a CSV sink. Their tables exist.
  void set_reports(std::vector<ReportSpec> reports);
  // From any thread: a report's table has changed; what another process changes is seen at the
  // next look, some 100 ms later.
  void table_changed();
  // From any thread: empty, or why files are not being written.
  std::string not_ready() const;

  // One look at all reports, on the caller's thread; for tests, without start(). Does nothing while
  // another process leads. A report's own trouble is in not_ready(); throws if the database fails.
  void look();

 private:
  struct Export {
    std::string report;
    std::string file;  // whole path
    std::string copy;  // the statement
    // The report's revision in the file (0: it never had a row); nothing: not known.
    std::optional<std::int64_t> done{};
    // While its file cannot be written: why, and when it is tried again.
    std::string trouble{};
    RetryPause pause{};
  };
  void run(const std::stop_token& stop);
  void rest(const std::stop_token& stop, std::chrono::steady_clock::time_point began, bool away);
  void say(std::string trouble);
  void resign_if_cut_off();
  void sweep() const;
  void take_new_reports();
  void try_to_write(Export& one);
  void write(Export& one);

  std::string folder_;
  std::function<void(const std::string&)> exported_;
  std::vector<Export> exports_;  // the exporter's thread's
  Election election_;
  postgres::Connection* connection_ = nullptr;  // during a look: the election's
  int term_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::vector<ReportSpec>> new_reports_;
  std::string trouble_;
  bool changed_ = false;  // since the look began
  std::jthread thread_;
};

}  // namespace sluice::loader
