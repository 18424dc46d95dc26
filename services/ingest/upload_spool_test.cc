#include "services/ingest/upload_spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/ingest/few_descriptors.h"
#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class UploadSpoolTest : public testing::Test {
 protected:
  std::unique_ptr<IncomingUpload> received(const std::string& path) {
    auto incoming = *spool.begin();
    EXPECT_TRUE(incoming->begin_file(path) && incoming->write("rows") && incoming->end_file());
    return incoming;
  }

  TemporaryFolder folder;
  UploadSpool spool{folder.path()};
  const Upload upload{"new-1", "request", 1, {{"sub/a.csv", "things", {}, {}}}};
};

TEST_F(UploadSpoolTest, AnUploadAppearsWhole) {
  auto incoming = received("sub/a.csv");
  EXPECT_THAT(spool.names(), IsEmpty());
  EXPECT_TRUE(incoming->keep(upload).value());
  incoming.reset();
  EXPECT_THAT(spool.names(), ElementsAre("new-1"));
  EXPECT_EQ(folder.read("new-1/sub/a.csv"), "rows");
  EXPECT_FALSE(received("sub/a.csv")->keep(upload).value()) << "the name is taken";
}

TEST_F(UploadSpoolTest, AnUploadOfWhichAFolderCannotBeMadeDurableIsRefusedAndGone) {
  auto incoming = received("sub/a.csv");
  {
    // Enough to write what is known of the upload, not to look into its folder and sync another one.
    const FewDescriptors one(1);
    const auto kept = incoming->keep(upload);
    ASSERT_FALSE(kept.has_value());
    EXPECT_FALSE(kept.error().disk_full);
    EXPECT_THAT(kept.error().message, HasSubstr("/sub durable: Too many open files"));
  }
  incoming.reset();
  EXPECT_THAT(spool.names(), IsEmpty());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace sluice::ingest
