#pragma once
// What the system says of this process and of disks, asked when it is called. Linux.

#include <optional>
#include <string>

namespace sluice {

double resident_bytes();
double cpu_seconds();
double open_descriptors();
double most_descriptors();
// What the process may use: the least of its control groups' limits and the machine's memory.
double memory_limit_bytes();

struct DiskSpace {
  double free = 0;  // for this user
  double size = 0;
};
// Of the disk that holds the folder; nothing if there is no such folder.
std::optional<DiskSpace> disk_space(const std::string& folder);

}  // namespace sluice
