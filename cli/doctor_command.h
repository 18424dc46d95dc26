#pragma once
// `sluice doctor FILE`: what would happen to a data file, without a broker: which definition takes it, how
// it is written, what its fields hold, the first dead letters with column and rule, and what its receipt
// would be; and where no definition takes it, one that would. Exit code 0: every row would be taken; 1:
// some would be dead letters, or the file would be refused, or no definition takes it.

#include <string>

namespace sluice::cli {

struct DoctorOptions {
  std::string file;
  std::string dataset;  // empty: the definition whose pattern takes the file's name
  std::string folders;
  bool json = false;
};
int examine(const DoctorOptions& options);

}  // namespace sluice::cli
