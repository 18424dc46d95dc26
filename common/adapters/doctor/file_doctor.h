#pragma once
// The file doctor on a file of the disk: what the command line and a dry run over HTTP show.

#include <memory>
#include <string>
#include <vector>

#include "common/doctor/diagnosis.h"

namespace sluice {

struct ExaminedFile {
  std::string path;     // on this disk
  std::string name;     // as its source has it, with folders if they matter
  std::string dataset;  // whose it is, whatever its name; empty: by its name
};

// One diagnosis of a file, compressed or not; of a zip or tar, one of each file in it. A file that
// cannot be opened, and one that two definitions take, has its reason in Diagnosis::error.
// `datasets`: those there are. Blocks while it reads; thread-safe.
std::vector<doctor::Diagnosis> examine_file(const ExaminedFile& file,
                                            const std::vector<std::shared_ptr<const Dataset>>& datasets);

// Of one: its object. Of several: {"files":[…]}.
std::string to_json(const std::vector<doctor::Diagnosis>& diagnoses);

}  // namespace sluice
