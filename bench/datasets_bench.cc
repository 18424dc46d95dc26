// Every dataset that ships, from its files in the folder to its reports in PostgreSQL: rows a second, and the
// processor time and peak memory of each service.
//
//   sluice-bench-datasets [DATASET[=ROWS]]...     all, with a million rows each, unless named
//
// Files are made by sluice-samples. The time counts from the moment they lie in the folder until the last report row
// stands in PostgreSQL. Each dataset runs alone, on topics and a database of its own, beside the one it looks up.
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "bench/measuring.h"
#include "tests/support/private_servers.h"
#include "tests/support/stack.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;

struct Dataset {
  std::string name;
  std::size_t rows = 1'000'000;
};
// A page is some 400 bytes of XML: 2.5 million are 1 GB.
const std::vector<Dataset> kDatasets = {{"bookings"}, {"orders"}, {"baskets"}, {"consent_events"}, {"weather"},
                                        {"track_events"}, {"movies"}, {"wiki_pages", 2'500'000}};
// Whose latest rows a dataset looks up; so many of them are there before.
const std::map<std::string, Dataset> kOthers = {{"track_events", {"weather", 100'000}},
                                                {"movies", {"wiki_pages", 100'000}}};

std::string content_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class DatasetBench {
 public:
  DatasetBench(PrivateServers& servers, const Dataset& dataset)
      : dataset_(dataset), stack_({servers.kafka(), servers.fresh_database(), dataset.name, ""}) {}

  void run() {
    write_definition(dataset_.name);
    if (const auto other = kOthers.find(dataset_.name); other != kOthers.end()) write_definition(other->second.name);
    for (const char* service : Stack::kServices) stack_.start(service, {{"SLUICE_THREADS", "2"}});
    for (const char* service : Stack::kServices) wait_until_ready(stack_, service);
    if (const auto other = kOthers.find(dataset_.name); other != kOthers.end()) {
      give(other->second);
      settle();
    }
    const double rows_before = rows();
    std::map<std::string, double> cpu_before;
    for (const char* service : Stack::kServices) cpu_before[service] = cpu(service);
    const std::uintmax_t bytes = give(dataset_);
    const auto start = BenchClock::now();
    const double seconds = std::chrono::duration<double>(settle() - start).count();
    Mark whole{dataset_.name, rows() - rows_before, seconds, 0, 0};
    std::vector<Mark> marks;
    for (const char* service : Stack::kServices) {
      marks.push_back({std::string("  ") + service, whole.rows, seconds, cpu(service) - cpu_before[service],
                       stack_.rss_kib(service)});
      whole.cpu_seconds += marks.back().cpu_seconds;
      whole.rss_kib += marks.back().rss_kib;
    }
    print(whole);
    for (const Mark& mark : marks) print(mark);
    std::printf("  %.0f MB in %zu files; %.0f dead letters, %.0f report rows written\n",
                static_cast<double>(bytes) / 1e6, files_, metric(stack_, "ingest", "sluice_dead_letters_total"),
                metric(stack_, "loader", "sluice_load_rows_total"));
    std::fflush(stdout);
  }

 private:
  void write_definition(const std::string& name) {
    stack_.write_definition(name + ".yaml", content_of(SLUICE_SOURCE_FOLDER "/schemas/" + name + ".yaml"));
  }
  double cpu(const std::string& service) const { return metric(stack_, service, "process_cpu_seconds_total"); }
  double rows() const { return metric(stack_, "ingest", "sluice_rows_read_total"); }

  // Makes the files and lays them in the folder, each whole at once; their bytes.
  std::uintmax_t give(const Dataset& dataset) {
    const fs::path made = fs::path(stack_.home()) / "made";
    const std::string command = SLUICE_BIN_DIR "/sluice-samples '" + made.string() + "' " + dataset.name + "=" +
                                std::to_string(dataset.rows) + " >/dev/null";
    if (std::system(command.c_str()) != 0) {
      std::fprintf(stderr, "sluice-samples did not make %s\n", dataset.name.c_str());
      std::exit(1);
    }
    std::uintmax_t bytes = 0;
    const fs::path from = made / dataset.name, to = fs::path(stack_.home()) / "data/in";
    for (const auto& entry : fs::recursive_directory_iterator(from)) {
      if (!entry.is_regular_file()) continue;
      bytes += entry.file_size();
      ++files_;
    }
    for (const auto& entry : fs::directory_iterator(from)) fs::rename(entry.path(), to / entry.path().filename());
    return bytes;
  }

  // Until every file is settled and nothing is left to do; when the last report row was written. The lag is
  // measured once a second only, so that it must be nothing for three.
  BenchClock::time_point settle() {
    wait(dataset_.name + "'s files", [&] { return stack_.all_settled(files_); }, std::chrono::seconds(3600));
    auto last = BenchClock::now();
    double seen = -1;
    wait(dataset_.name + "'s reports", [&] {
      const double now = metric(stack_, "transform", "sluice_groups_changed_total") +
                         metric(stack_, "loader", "sluice_load_rows_total");
      const bool idle = metric(stack_, "transform", "sluice_consumer_lag_records") == 0 &&
                        metric(stack_, "loader", "sluice_consumer_lag_records") == 0;
      if (now != seen || !idle) last = BenchClock::now();
      seen = now;
      return seconds_since(last) > 3;
    }, std::chrono::seconds(3600));
    return last;
  }

  Dataset dataset_;
  Stack stack_;
  std::size_t files_ = 0;
};

// DATASET or DATASET=ROWS; without a name where it is not that.
Dataset asked_for(const std::string& argument) {
  const std::size_t sign = std::min(argument.find('='), argument.size());
  for (Dataset dataset : kDatasets) {
    if (dataset.name != argument.substr(0, sign)) continue;
    if (sign == argument.size()) return dataset;
    const char* end = argument.data() + argument.size();
    const auto read = std::from_chars(argument.data() + sign + 1, end, dataset.rows);
    if (read.ec == std::errc{} && read.ptr == end) return dataset;
  }
  return {};
}

}  // namespace
}  // namespace sluice::testing

int main(int argc, char** argv) {
  using namespace sluice::testing;
  std::vector<Dataset> asked;
  for (int i = 1; i < argc; ++i) {
    asked.push_back(asked_for(argv[i]));
    if (asked.back().name.empty()) {
      std::fprintf(stderr, "usage: sluice-bench-datasets [DATASET[=ROWS]]...; there are:");
      for (const Dataset& dataset : kDatasets) std::fprintf(stderr, " %s", dataset.name.c_str());
      std::fprintf(stderr, "\n");
      return 2;
    }
  }
  if (asked.empty()) asked = kDatasets;
  PrivateServers servers;
  for (const Dataset& dataset : asked) DatasetBench(servers, dataset).run();
  return 0;
}
