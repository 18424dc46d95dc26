// How fast, with how much processor and memory: each stage by itself and all together, on the real broker
// and database, beside what the broker's own performance tools reach in the same run.
//
//   sluice-bench [--rows N] [--report-rows N] [ingest] [transform] [loader] [end-to-end]
//
// Rates count from the moment the input is there to the moment the output is committed. A service that
// starts on waiting input is shown twice: from its start, and from the moment it is ready (in its
// group, tasks started, nothing read yet). Processor seconds are the service's own (user + system),
// not the broker's. RSS is the service's peak.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "bench/measuring.h"
#include "tests/support/bookings.h"
#include "tests/support/private_servers.h"
#include "tests/support/stack.h"

namespace sluice::testing {
namespace {

constexpr const char* kRowPerBooking = R"(dataset: visits
source: { files: "visits*.csv" }
format: csv
key: booking_id
event_time: date
fields:
  booking_id:      { type: string, required: true }
  restaurant_id:   { type: string, required: true }
  restaurant_name: { type: string, required: true }
  client_id:       { type: string }
  client_name:     { type: string }
  amount:          { type: money, required: true, currency: currency }
  guests:          { type: integer, required: true, min: 0 }
  date:            { type: date, required: true, formats: ["%d/%m/%Y", "%d-%m-%Y"] }
  country:         { type: string, required: true }
reports:
  visits_report:
    group_by: [booking_id, restaurant_name, country]
    window: { tumbling: month, name: month }
    measures: { visits: count, guests: sum(guests), amount: sum(amount) }
    sinks: { postgres: {} }
)";

struct Options {
  std::size_t rows = 2'000'000;
  std::size_t report_rows = 500'000;
  std::set<std::string> stages;
  bool wants(const std::string& stage) const { return stages.empty() || stages.contains(stage); }
};

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  void run() {
    std::printf("%zu bookings; generating…\n", options_.rows);
    BookingsGenerator bookings(1, {.duplicates = 0.01, .corrections = 0.01, .bad = 0.001});
    file_ = bookings.next_file(options_.rows);
    good_ = static_cast<double>(file_.rows - file_.bad_lines.size());
    std::printf("%.1f MB of CSV\n", static_cast<double>(file_.content.size()) / 1e6);
    if (options_.stages.empty()) broker_tools();
    if (options_.wants("ingest") || options_.wants("transform")) stages();
    if (options_.wants("loader")) loader();
    if (options_.wants("end-to-end")) end_to_end(bookings);
  }

 private:
  StackSettings settings(const std::string& prefix) {
    return {servers_.kafka(), servers_.fresh_database(), prefix, bookings_definition()};
  }

  Mark finish(Stack& stack, const std::string& service, const std::string& stage, double rows,
              BenchClock::time_point start, double cpu_before) {
    return {stage, rows, seconds_since(start),
            metric(stack, service, "process_cpu_seconds_total") - cpu_before, stack.rss_kib(service)};
  }

  // The same broker, in the same run, by its own tools.
  void broker_tools() {
    const std::string command =
        SLUICE_BENCH_DIR "/broker_tools.sh " + servers_.kafka() + " " + std::to_string(options_.rows);
    if (std::system(command.c_str()) != 0) std::fprintf(stderr, "the broker's own tools did not run\n");
  }

  void stages() {
    Stack stack(settings("stages"));
    stack.start("ingest", {{"SLUICE_THREADS", "2"}});
    wait_until_ready(stack, "ingest");
    double cpu = metric(stack, "ingest", "process_cpu_seconds_total");
    auto start = BenchClock::now();
    stack.drop(file_.name, file_.content);
    wait("ingest", [&] {
      return metric(stack, "ingest", "sluice_records_published_total") >= good_;
    });
    print(finish(stack, "ingest", "ingest: CSV to committed records", static_cast<double>(file_.rows), start, cpu));
    stack.stop("ingest");
    if (!options_.wants("transform")) return;

    transform(stack);
  }

  void transform(Stack& stack) {
    const auto start = BenchClock::now();
    stack.start("transform", {{"SLUICE_THREADS", "2"}});
    wait_until_ready(stack, "transform");
    const auto ready_at = BenchClock::now();
    const double ready_cpu = metric(stack, "transform", "process_cpu_seconds_total");
    // The lag is measured once a second only: the end is when the last change was committed.
    auto end = ready_at;
    double changed = 0;
    wait("transform", [&] {
      const double now = metric(stack, "transform", "sluice_groups_changed_total");
      if (now != changed) end = BenchClock::now();
      changed = now;
      return metric(stack, "transform", "sluice_records_processed_total") >= good_ &&
             metric(stack, "transform", "sluice_consumer_lag_records") == 0 && changed > 0;
    });
    Mark mark = finish(stack, "transform", "transform: records to report rows", good_, start, 0);
    mark.seconds = std::chrono::duration<double>(end - start).count();
    print(mark);
    mark.stage = "  the same from its being ready";
    mark.seconds = std::chrono::duration<double>(end - ready_at).count();
    mark.cpu_seconds -= ready_cpu;
    print(mark);
  }

  void loader() {
    Stack stack({servers_.kafka(), servers_.fresh_database(), "loader", ""});
    stack.write_definition("visits.yaml", kRowPerBooking);
    BookingsGenerator visits(2, {.duplicates = 0, .corrections = 0, .bad = 0});
    const BookingFile file = visits.next_file(options_.report_rows);
    stack.start("ingest");
    stack.start("transform");
    wait_until_ready(stack, "transform");
    wait_until_ready(stack, "ingest");
    stack.drop("visits.csv", file.content);
    const auto rows = static_cast<double>(options_.report_rows);
    wait("the report rows to load", [&] {
      return metric(stack, "transform", "sluice_groups_changed_total") >= rows &&
             metric(stack, "transform", "sluice_consumer_lag_records") == 0;
    });
    stack.stop("ingest");
    stack.stop("transform");
    const auto start = BenchClock::now();
    stack.start("loader");
    wait("loader", [&] { return metric(stack, "loader", "sluice_load_rows_total") >= rows; });
    print(finish(stack, "loader", "loader: report rows to PostgreSQL", rows, start, 0));
  }

  void end_to_end(const BookingsGenerator& bookings) {
    Stack stack(settings("whole"));
    stack.start_all();
    for (const char* service : Stack::kServices) wait_until_ready(stack, service);
    double cpu = 0;
    for (const char* service : Stack::kServices) cpu += metric(stack, service, "process_cpu_seconds_total");
    const auto start = BenchClock::now();
    stack.drop(file_.name, file_.content);
    wait("end to end", [&] { return stack.all_settled(1); });
    wait("the report", [&] { return stack.report() == bookings.report(); });
    Mark mark{"end to end: file to report, exact", static_cast<double>(file_.rows), seconds_since(start), 0, 0};
    for (const char* service : Stack::kServices) {
      mark.cpu_seconds += metric(stack, service, "process_cpu_seconds_total");
      mark.rss_kib += stack.rss_kib(service);
    }
    mark.cpu_seconds -= cpu;
    print(mark);
  }

  Options options_;
  PrivateServers servers_;
  BookingFile file_;
  double good_ = 0;
};

}  // namespace
}  // namespace sluice::testing

int main(int argc, char** argv) {
  sluice::testing::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--rows" && i + 1 < argc) {
      options.rows = std::stoull(argv[++i]);
    } else if (argument == "--report-rows" && i + 1 < argc) {
      options.report_rows = std::stoull(argv[++i]);
    } else if (argument.starts_with("-")) {
      std::fprintf(stderr, "usage: sluice-bench [--rows N] [--report-rows N] [ingest|transform|loader|end-to-end]…\n");
      return 2;
    } else {
      options.stages.insert(argument);
    }
  }
  sluice::testing::Bench bench(std::move(options));
  bench.run();
  return 0;
}
