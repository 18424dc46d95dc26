#include "common/telemetry/process_numbers.h"

#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A number alone in a file; nothing if it says "max", or is not there.
std::optional<double> number_in(const fs::path& file) {
  std::ifstream in(file);
  double number = 0;
  if (in >> number) return number;
  return std::nullopt;
}

// Where the control group of this process is, by version 2: below /sys/fs/cgroup.
std::string control_group() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("0::/")) return line.substr(4);
  }
  return {};
}

}  // namespace

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  long pages = 0, resident = 0;
  in >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (fs::directory_iterator each("/proc/self/fd", error), end; !error && each != end; each.increment(error)) ++count;
  return std::max(0.0, count - 1);  // without the one that lists them
}

double most_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

double memory_limit_bytes() {
  double limit = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  const fs::path root = "/sys/fs/cgroup";
  // In a container the group may be told from the host's root, where its files are not seen; the root's then are.
  for (fs::path group = control_group();; group = group.parent_path()) {
    if (const auto most = number_in(root / group / "memory.max")) limit = std::min(limit, *most);
    if (group.empty()) break;
  }
  if (const auto most = number_in(root / "memory/memory.limit_in_bytes")) limit = std::min(limit, *most);
  return limit;
}

std::optional<DiskSpace> disk_space(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0) return std::nullopt;
  const double block = static_cast<double>(disk.f_frsize);
  return DiskSpace{block * static_cast<double>(disk.f_bavail), block * static_cast<double>(disk.f_blocks)};
}

}  // namespace sluice
