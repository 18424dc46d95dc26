#include "services/transform/old_state.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace sluice::transform {
namespace {

namespace fs = std::filesystem;

TEST(OldState, AFolderTellsItsDatasetAndGeneration) {
  EXPECT_EQ(owner_of_store("bookings-stage1-0"), (PipelineId{"bookings", 1}));
  EXPECT_EQ(owner_of_store("bookings-g12-entities-3"), (PipelineId{"bookings", 12}));
  EXPECT_EQ(owner_of_store("g2-stage2-1"), (PipelineId{"g2", 1})) << "a dataset may be named so";
  for (const char* other : {"", "bookings", "bookings-stage3-0", "bookings-stage1-x", "bookings-g1-stage1-0",
                            "bookings-gx-stage1-0", "-stage1-0", "bookings-stage1-0-1"}) {
    EXPECT_EQ(owner_of_store(other), std::nullopt) << other;
  }
}

TEST(OldState, GoesWithItsGenerationAndNothingElseDoes) {
  const fs::path folder = fs::temp_directory_path() / ("sluice-old-state-" + std::to_string(::getpid()));
  for (const char* name : {"a-stage1-0", "a-g2-stage1-0", "a-g3-stage1-0", "a-g3-stage2-1", "a-g4-stage1-0",
                           "b-stage1-0", "something"}) {
    fs::create_directories(folder / name / "inside");
  }
  GenerationsByDataset known;
  known["a"].live.number = 2;
  known["a"].building = Generation{};
  known["a"].building->number = 4;
  remove_old_state(folder, known, {{"a", 1}});
  EXPECT_TRUE(fs::exists(folder / "a-stage1-0")) << "it runs still";
  EXPECT_FALSE(fs::exists(folder / "a-g3-stage1-0"));
  EXPECT_FALSE(fs::exists(folder / "a-g3-stage2-1"));
  for (const char* kept : {"a-g2-stage1-0", "a-g4-stage1-0", "b-stage1-0", "something"}) {
    EXPECT_TRUE(fs::exists(folder / kept)) << kept;
  }
  remove_old_state(folder, known, {});
  EXPECT_FALSE(fs::exists(folder / "a-stage1-0"));
  fs::remove_all(folder);
  EXPECT_NO_THROW(remove_old_state(folder, known, {}));
}

}  // namespace
}  // namespace sluice::transform
