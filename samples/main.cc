// sluice-samples DIR [DATASET=ROWS]...: writes the sample files of the shipped definitions to
// DIR/<dataset>/: of all of them, or of those named, with about as many rows.

#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "samples/baskets.h"
#include "samples/bookings.h"
#include "samples/consent_events.h"
#include "samples/disk_folder.h"
#include "samples/movies.h"
#include "samples/orders.h"
#include "samples/track_events.h"
#include "samples/weather.h"
#include "samples/wiki_pages.h"

namespace {

using sluice::samples::Open;

struct Dataset {
  std::string_view name;
  std::size_t rows;
  void (*write)(const Open&, std::size_t rows);
};
constexpr std::array kDatasets = {
    Dataset{"bookings", 2000, sluice::samples::bookings},
    Dataset{"orders", 1500, sluice::samples::orders},
    Dataset{"baskets", 2000, sluice::samples::baskets},
    Dataset{"consent_events", 600, sluice::samples::consent_events},
    Dataset{"weather", 1600, sluice::samples::weather},
    Dataset{"track_events", 2000, sluice::samples::track_events},
    Dataset{"wiki_pages", 3000, sluice::samples::wiki_pages},
    Dataset{"movies", 2500, sluice::samples::movies},
};

void write(const std::filesystem::path& folder, const Dataset& dataset) {
  sluice::samples::DiskFolder files(folder / dataset.name);
  dataset.write([&files](const std::string& name) -> std::ostream& { return files.open(name); },
                dataset.rows);
  files.finish();
}

// DATASET=ROWS; a null name where it is not that.
Dataset asked_for(std::string_view argument) {
  const std::size_t sign = argument.find('=');
  if (sign == std::string_view::npos) return {};
  const std::string_view rows = argument.substr(sign + 1);
  for (Dataset dataset : kDatasets) {
    if (dataset.name != argument.substr(0, sign)) continue;
    const auto [end, failed] = std::from_chars(rows.begin(), rows.end(), dataset.rows);
    if (failed == std::errc() && end == rows.end()) return dataset;
  }
  return {};
}

void print_usage(std::FILE* out) {
  std::fprintf(out,
               "usage: sluice-samples DIR [DATASET=ROWS]...\n"
               "Writes sample files to DIR/DATASET/, and prints their names: all, or those that are named. Without\n"
               "arguments behind DIR they have so many rows:");
  for (const Dataset& dataset : kDatasets) {
    std::fprintf(out, " %.*s=%zu", static_cast<int>(dataset.name.size()), dataset.name.data(),
                 dataset.rows);
  }
  std::fprintf(out, "\n");
}

int refused(const std::string& why) {
  std::fprintf(stderr, "sluice-samples: %s\n", why.c_str());
  print_usage(stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  for (const std::string_view argument : arguments) {
    if (argument == "--help" || argument == "-h") return print_usage(stdout), 0;
    if (argument.starts_with('-')) return refused("there is no option " + std::string(argument));
  }
  if (arguments.empty()) return refused("the folder is missing");
  std::vector<Dataset> asked;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    asked.push_back(asked_for(arguments[i]));
    if (asked.back().write == nullptr) {
      return refused("\"" + std::string(arguments[i]) + "\" is no data set with a number of rows");
    }
  }
  if (asked.empty()) asked.assign(kDatasets.begin(), kDatasets.end());
  for (const Dataset& dataset : asked) write(arguments[0], dataset);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "sluice-samples: %s\n", error.what());
  return 1;
}
