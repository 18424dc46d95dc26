#include "common/definition/overlaps.h"

#include "common/definition/glob_overlap.h"

namespace sluice {
namespace {

// A pattern takes a name, and the same name of a compressed file.
struct Taken {
  std::string pattern, glob;
};

std::vector<Taken> taken_by(const Dataset& dataset) {
  std::vector<Taken> out;
  for (const std::string& pattern : dataset.files) out.push_back({pattern, pattern});
  for (const std::string& pattern : dataset.files) {
    for (const char* packed : {".gz", ".zst", ".xz", ".bz2"}) out.push_back({pattern, pattern + packed});
  }
  return out;
}

}  // namespace

std::vector<Overlap> overlaps_of(const std::vector<Dataset>& datasets) {
  std::vector<Overlap> out;
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    for (std::size_t j = i + 1; j < datasets.size(); ++j) {
      std::optional<Overlap> best;
      for (const Taken& a : taken_by(datasets[i])) {
        for (const Taken& b : taken_by(datasets[j])) {
          const auto name = name_in_both(a.glob, b.glob);
          if (!name || (best && best->example.size() <= name->size())) continue;
          // The last word has the one that reads patterns when files come.
          if (!takes_file(datasets[i], *name) || !takes_file(datasets[j], *name)) continue;
          best = Overlap{i, j, a.pattern, b.pattern, *name};
        }
      }
      if (best) out.push_back(*std::move(best));
    }
  }
  return out;
}

}  // namespace sluice
