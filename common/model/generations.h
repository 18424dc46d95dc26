#pragma once
// Generations of a dataset's pipeline. Generation 1 is the one that a dataset begins with. A rebuild is the next one: it
// reads the same records topic, everything behind that has names of its own, and once it is complete it takes the
// old one's place (docs/decisions/0011). Which there are stands in one compacted topic, a message a dataset; the
// loader that leads writes it, transform and ingest read it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sluice {

// Where in the log of records a generation begins: nowhere named, at its beginning.
struct Beginning {
  std::map<std::int32_t, std::int64_t> offsets;  // by partition; one that is not named: at its beginning
  std::uint64_t place = 0;                       // only records of files that were found here or later
  bool whole() const { return offsets.empty() && place == 0; }
  bool operator==(const Beginning&) const = default;
};
std::string to_json(const Beginning& beginning);
Result<Beginning> beginning_from_json(std::string_view json);

struct Generation {
  int number = 1;
  std::string fingerprint;  // of the definition that it works by
  std::string path;         // where that was read
  std::string definition;   // its text
  Beginning from;
  bool operator==(const Generation&) const = default;
};

struct DatasetGenerations {
  std::string dataset;
  Generation live;                     // its rows are the report
  std::optional<Generation> building;  // beside it
  // Cuts so far, and whether the last one is undecided: then both generations stand still behind it.
  int cut = 0;
  bool cut_open = false;
  bool operator==(const DatasetGenerations&) const = default;
};
using GenerationsByDataset = std::map<std::string, DatasetGenerations, std::less<>>;
std::string to_json(const DatasetGenerations& generations);
Result<DatasetGenerations> generations_from_json(std::string_view json);

// What tasks ask about their dataset while they run.
struct KnownGenerations {
  int live = 1;
  int building = 0;  // 0: none
  int cut = 0;
  bool cut_open = false;
};
KnownGenerations known_of(const DatasetGenerations& generations);

// Whether a task of `generation` that stands behind cut number `cut` must wait: while the cut is undecided or not heard
// of yet, and for ever where the decision was for the other one.
bool waits_at_cut(const KnownGenerations& known, int generation, int cut);

// A message without a key in each partition of a records topic: up to here, and no further, both generations go, so that
// their rows can be compared and one of them goes on from exactly here.
struct Cut {
  int number = 0;
  int live = 0;
  int building = 0;
  bool concerns(int generation) const { return generation == live || generation == building; }
  bool operator==(const Cut&) const = default;
};
std::string to_json(const Cut& cut);
// nullopt: the message is no cut.
std::optional<Cut> cut_of(std::string_view key, std::string_view value);

}  // namespace sluice
