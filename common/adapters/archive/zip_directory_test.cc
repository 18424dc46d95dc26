#include "common/adapters/archive/zip_directory.h"

#include <gmock/gmock.h>

namespace sluice::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value);
  return out;
}

struct Listed {
  unsigned mode = 0;
  std::uint64_t at = 0;
  std::string extra = {};
  std::string comment = {};
};

std::string entry(const Listed& file, std::uint32_t size = 3) {
  const std::string name = "a.csv";
  return "PK\1\2" + number(0, 16) + number(size, 4) + number(size, 4) + number(name.size(), 2) +
         number(file.extra.size(), 2) + number(file.comment.size(), 2) + number(0, 4) +
         number(std::uint64_t{file.mode} << 16, 4) + number(file.at, 4) + name + file.extra + file.comment;
}

std::vector<bool> links(const std::string& bytes, std::size_t piece, std::size_t most = 100) {
  ZipDirectory directory(most);
  for (std::size_t at = 0; at < bytes.size(); at += piece) directory.add(bytes.substr(at, piece));
  return directory.links();
}

TEST(ZipDirectory, TellsLinksAndDevicesByTheirModeInAnyPieces) {
  const std::string bytes = "what a data descriptor leaves" + entry({0100644, 0}) + entry({0120777, 100, "extra", "PK\1\2"}) +
                            entry({0, 200}) + entry({0040755, 300}) + entry({0020644, 400}) + "PK\5\6" + number(0, 18);
  for (const std::size_t piece : {1, 7, 45, 46, 47, 100, 10'000}) {
    EXPECT_THAT(links(bytes, piece), ElementsAre(false, true, false, false, true)) << piece;
  }
}

TEST(ZipDirectory, TheOrderIsThatOfTheFiles) {
  EXPECT_THAT(links(entry({0100644, 300}) + entry({0120777, 0}) + entry({0100644, 200}), 1000),
              ElementsAre(true, false, false));
}

TEST(ZipDirectory, OfZip64ThePlaceStandsInAnExtraField) {
  const std::string other = number(0x5455, 2) + number(1, 2) + "x";
  const auto zip64 = [](std::uint64_t at) { return number(1, 2) + number(8, 2) + number(at, 8); };
  const auto with_sizes = [](std::uint64_t at) { return number(1, 2) + number(24, 2) + number(7, 16) + number(at, 8); };
  const std::uint64_t far = std::uint64_t{5} << 32;
  EXPECT_THAT(links(entry({0120777, 0xFFFFFFFF, other + zip64(far)}) + entry({0100644, 0}), 1000), ElementsAre(false, true));
  EXPECT_THAT(links(entry({0120777, 0xFFFFFFFF, with_sizes(far)}, 0xFFFFFFFF) +
                        entry({0100644, 0xFFFFFFFF, with_sizes(far - 1)}, 0xFFFFFFFF), 1000),
              ElementsAre(false, true));
}

TEST(ZipDirectory, WhatIsCutOffOrNoneOrTooLongListsLess) {
  const std::string bytes = entry({0120777, 0}) + entry({0120777, 100});
  EXPECT_THAT(links(bytes.substr(0, bytes.size() - 1), 1000), ElementsAre(true));
  EXPECT_THAT(links("PK\5\6" + number(0, 18), 3), IsEmpty());
  EXPECT_THAT(links(bytes + entry({0100644, 200}), 10, 2), ElementsAre(true, true));
  EXPECT_THAT(links(entry({0120777, 0xFFFFFFFF, number(1, 2) + number(9000, 2) + "short"}), 1000), ElementsAre(true));
}

}  // namespace
}  // namespace sluice::archive
