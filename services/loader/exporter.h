#pragma once
// Writes the exports that the definitions' schedules and the api's callers ask for, one after the
// other on one thread, in one of the installation's loaders. Each is one snapshot of its report, in
// both of its files; what is under way when the process dies is taken up by the next leader, which
// first removes what was left.

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/clock.h"
#include "common/definition/report.h"
#include "services/loader/election.h"
#include "services/loader/export_place.h"
#include "services/loader/export_requests.h"

namespace sluice::loader {

// On the exporter's thread.
class ExportEvents {
 public:
  virtual ~ExportEvents() = default;
  virtual void export_done(const std::string& report, double seconds) = 0;
  virtual void export_failed(const std::string& report) = 0;
  virtual void export_retried(const std::string& report) = 0;
};

class Exporter {
 public:
  struct Parts {
    std::string postgres_url;
    std::string installation;
    const Clock& clock;
    // Throws ExportRefused where there is none.
    std::function<std::unique_ptr<ExportPlace>(const ExportSpec&)> place;
    ExportEvents& events;
  };
  explicit Exporter(Parts parts);
  ~Exporter();

  void start();
  void stop();
  // From any thread: the reports that have an export. Their tables exist.
  void set_reports(std::vector<ReportSpec> reports);

  // Does all that is due, on the caller's thread; for tests, without start(). Does nothing while
  // another process leads.
  void look() { look(std::stop_token()); }

 private:
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);
  void request_due(postgres::Connection& connection);
  void perform(postgres::Connection& connection, const ExportRun& one,
               const std::stop_token& stop);
  void write(postgres::Connection& connection, const ExportRun& one, const ReportSpec& report,
             const std::stop_token& stop);

  Parts parts_;
  Election election_;
  // The exporter's thread's:
  std::map<std::string, ReportSpec> reports_;
  std::map<std::string, Instant> seen_slots_;
  std::string told_;
  // Under the mutex:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::vector<ReportSpec>> new_reports_;
  std::jthread thread_;
};

}  // namespace sluice::loader
