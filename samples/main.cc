// sluice-samples DIR: writes the sample files of every shipped definition to DIR/<dataset>/.

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "samples/bookings.h"

namespace {

bool write(const std::filesystem::path& folder, const std::vector<sluice::samples::SampleFile>& files) {
  std::filesystem::create_directories(folder);
  for (const auto& file : files) {
    std::ofstream out(folder / file.name, std::ios::binary);
    out << file.content;
    out.close();
    if (!out) {
      std::fprintf(stderr, "sluice-samples: cannot write %s\n", (folder / file.name).c_str());
      return false;
    }
    std::printf("%s\n", (folder / file.name).c_str());
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: sluice-samples DIR\n");
    return 2;
  }
  return write(std::filesystem::path(argv[1]) / "bookings", sluice::samples::bookings()) ? 0 : 1;
}
