#include "services/ingest/unpacking_source.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/test_packing.h"

namespace sluice::ingest {
namespace {

using archive::compressed;
using archive::read_all;
using ::testing::HasSubstr;

class OneFile final : public FileSource {
 public:
  std::string content;
  std::optional<FileIdentity> identity(const Announcement&) override { return std::nullopt; }
  Result<std::unique_ptr<FileReader>> open(const Announcement&, std::uint64_t from) override {
    return std::make_unique<TextBytes>(content.substr(from));
  }
  Result<bool> archive(const Announcement&) override { return true; }
  Result<bool> reject(const Announcement&, std::string_view) override { return true; }
};

class UnpackingSourceTest : public ::testing::Test {
 protected:
  std::string read(std::uint64_t from) {
    auto reader = source_.open({}, from);
    return reader ? read_all(**reader) : "error: " + reader.error().message;
  }
  OneFile files_;
  UnpackingSource source_{files_, {1'000'000, 100}};
};

TEST_F(UnpackingSourceTest, AFileThatIsNotPackedPassesThrough) {
  for (const std::string& text : {std::string(), std::string("a,b\n"), std::string(100'000, 'x')}) {
    files_.content = text;
    EXPECT_EQ(read(0), text);
  }
  EXPECT_EQ(read(99'990), std::string(10, 'x'));
}

TEST_F(UnpackingSourceTest, ACompressedFileIsReadFromAnyByteOfItsContent) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  files_.content = compressed(archive_write_add_filter_gzip, text);
  EXPECT_EQ(read(0), text);
  EXPECT_EQ(read(300'001), text.substr(300'001));
  files_.content = compressed(archive_write_add_filter_zstd, text);
  EXPECT_EQ(read(1), text.substr(1));
}

TEST_F(UnpackingSourceTest, ADamagedOrExplodingFileIsAnErrorWhereverItIsReadFrom) {
  const std::string packed = compressed(archive_write_add_filter_xz, std::string(5'000'000, 'a'));
  files_.content = packed;
  EXPECT_THAT(read(0), HasSubstr("such files are refused"));
  EXPECT_THAT(read(4'000'000), HasSubstr("such files are refused"));
  files_.content = packed.substr(0, packed.size() / 2);
  EXPECT_THAT(read(0), HasSubstr("error: The file"));
}

}  // namespace
}  // namespace sluice::ingest
