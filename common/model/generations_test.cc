#include "common/model/generations.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Generations, ReadBackWhatTheyWrite) {
  DatasetGenerations g;
  g.dataset = "bookings";
  g.live = {1, "f1", "schemas/bookings.yaml", "dataset: bookings\n", {}};
  EXPECT_EQ(generations_from_json(to_json(g)).value(), g);
  g.building = Generation{2, "f2", "b.yaml", "dataset: \"bookings\"", {{{0, 17}, {3, 4}}, 9}};
  g.cut = 3;
  g.cut_open = true;
  EXPECT_EQ(generations_from_json(to_json(g)).value(), g);
  EXPECT_FALSE(generations_from_json("{}"));
  EXPECT_FALSE(beginning_from_json(R"({"offsets":{"x":1},"place":0})"));
}

TEST(Cut, IsAMessageWithoutAKeyAndNothingElseIs) {
  const Cut cut{2, 1, 4};
  EXPECT_EQ(cut_of("", to_json(cut)), cut);
  EXPECT_EQ(cut_of("b1", to_json(cut)), std::nullopt) << "a record has a key";
  EXPECT_EQ(cut_of("", R"({"booking_id":"b1"})"), std::nullopt);
  EXPECT_EQ(cut_of("", R"({"sluice_cut":"2"})"), std::nullopt);
  EXPECT_EQ(cut_of("", R"({"sluice_cut":0,"live":1,"building":2})"), std::nullopt);
  EXPECT_TRUE(cut.concerns(1));
  EXPECT_TRUE(cut.concerns(4));
  EXPECT_FALSE(cut.concerns(2));
}

TEST(Cut, HoldsBothGenerationsUntilItIsDecidedAndTheLoserForEver) {
  EXPECT_TRUE(waits_at_cut({1, 2, 0, false}, 1, 1)) << "who has not heard of it waits";
  EXPECT_TRUE(waits_at_cut({1, 2, 1, true}, 1, 1));
  EXPECT_TRUE(waits_at_cut({1, 2, 1, true}, 2, 1));
  EXPECT_FALSE(waits_at_cut({2, 0, 1, false}, 2, 1)) << "swapped";
  EXPECT_TRUE(waits_at_cut({2, 0, 1, false}, 1, 1));
  EXPECT_FALSE(waits_at_cut({1, 0, 1, false}, 1, 1)) << "dropped";
  EXPECT_TRUE(waits_at_cut({1, 0, 1, false}, 2, 1));
  EXPECT_FALSE(waits_at_cut({1, 2, 1, false}, 1, 1)) << "given up, to be tried again";
  EXPECT_FALSE(waits_at_cut({1, 2, 1, false}, 2, 1));
  EXPECT_TRUE(waits_at_cut({2, 3, 2, true}, 1, 1)) << "one that slept through its end";
}

}  // namespace
}  // namespace sluice
