#include "tests/support/small_disk.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace sluice::testing {
namespace {

void check(bool good, const char* what) {
  if (!good) throw std::system_error(errno, std::generic_category(), what);
}

void write_text(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << text << std::flush;
  check(out.good(), path);
}

// Mounts of its own; as root in it, whoever runs the test.
void leave_the_others_mounts() {
  const auto user = ::geteuid();
  const auto group = ::getegid();
  if (user == 0) {
    check(::unshare(CLONE_NEWNS) == 0, "mounts of its own");
  } else {
    check(::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0, "a user namespace, to mount in");
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  }
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
}

}  // namespace

SmallDisk::SmallDisk(std::string folder, std::uint64_t bytes) : folder_(std::move(folder)) {
  leave_the_others_mounts();
  const std::string size = "size=" + std::to_string(bytes);
  check(::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0, "mounting a small disk");
}

SmallDisk::~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }

void SmallDisk::fill() {
  std::ofstream out(filling(), std::ios::binary);
  const std::vector<char> block(4096, 'x');
  while (out.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

void SmallDisk::make_room() { std::filesystem::remove(filling()); }

}  // namespace sluice::testing
