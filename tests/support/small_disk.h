#pragma once
// A disk of a few megabytes in place of a folder, to be filled up: in memory, and seen by this process and those that it
// starts from then on alone. So it is made before there is any thread. Without root in a user namespace, which Debian
// allows.

#include <cstdint>
#include <string>

namespace sluice::testing {

class SmallDisk {
 public:
  SmallDisk(std::string folder, std::uint64_t bytes);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill();      // to the last byte
  void make_room();  // removes what fill() wrote

 private:
  std::string filling() const { return folder_ + "/.filling"; }
  std::string folder_;
};

}  // namespace sluice::testing
