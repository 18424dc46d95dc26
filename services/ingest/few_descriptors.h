#pragma once
// For tests: while it lives this process can have only so many descriptors more than it has.

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "services/ingest/file_descriptor.h"

namespace sluice::ingest {

class FewDescriptors {
 public:
  explicit FewDescriptors(int free) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      highest = std::max(highest, std::stoi(entry.path().filename().string()));
    }
    // The limit is on a descriptor's number: no smaller one may be free.
    for (;;) {
      FileDescriptor filler(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (filler.get() > highest) break;
      fillers_.push_back(std::move(filler));
    }
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(highest + 1 + free);
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
  std::vector<FileDescriptor> fillers_;
};

}  // namespace sluice::ingest
