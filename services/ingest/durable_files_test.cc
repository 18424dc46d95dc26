#include "services/ingest/durable_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "services/ingest/few_descriptors.h"
#include "services/ingest/temporary_folder.h"

namespace sluice::ingest {
namespace {

using testing::HasSubstr;

TEST(SyncDirectory, SaysWhyAFolderCannotBeMadeDurable) {
  const TemporaryFolder folder;
  EXPECT_TRUE(sync_directory(folder.path()));
  EXPECT_THAT(sync_directory(folder.path("none")).error().message,
              HasSubstr("/none durable: No such file or directory"));
  const FewDescriptors none(0);
  const auto synced = sync_directory(folder.path());
  EXPECT_EQ(errno, EMFILE);
  EXPECT_THAT(synced.error().message, HasSubstr("Too many open files"));
}

TEST(SyncDirectory, MakesNoTroubleWhereTheFileSystemDoesNotOfferIt) {
  EXPECT_TRUE(sync_directory("/proc/self"));
}

}  // namespace
}  // namespace sluice::ingest
