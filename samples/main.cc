// sluice-samples DIR [DATASET=ROWS]...: writes the sample files of the shipped definitions to
// DIR/<dataset>/: of all of them, or of those named, with about as many rows.

#include <array>
#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>

#include "samples/baskets.h"
#include "samples/bookings.h"
#include "samples/consent_events.h"
#include "samples/disk_folder.h"
#include "samples/orders.h"

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

int usage() {
  std::fprintf(stderr, "usage: sluice-samples DIR [DATASET=ROWS]...\ndatasets:");
  for (const Dataset& dataset : kDatasets) {
    std::fprintf(stderr, " %.*s=%zu", static_cast<int>(dataset.name.size()), dataset.name.data(),
                 dataset.rows);
  }
  std::fprintf(stderr, "\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) return usage();
  for (int i = 2; i < argc; ++i) {
    if (asked_for(argv[i]).write == nullptr) return usage();
  }
  for (int i = 2; i < argc; ++i) write(argv[1], asked_for(argv[i]));
  if (argc > 2) return 0;
  for (const Dataset& dataset : kDatasets) write(argv[1], dataset);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "sluice-samples: %s\n", error.what());
  return 1;
}
