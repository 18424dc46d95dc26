// What a top list that keeps only some groups shows is what sorting all of them gives.
#include "services/transform/core/top_list.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/test_dataset.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kRows = 3;

// By what a visit brings, then by name; `spare` groups are kept behind.
struct World {
  explicit World(std::size_t spare) : list(report, spare) {}

  void put(const std::string& place, std::int64_t visits, std::int64_t guests) {
    standing[place] = {visits, guests};
    put_into_list(place);
  }
  void put_into_list(const std::string& place) {
    std::string group;
    append_cell(group, std::string_view(place));
    const auto& [visits, guests] = standing.at(place);
    list.put(group, {std::string_view(place), visits, Decimal{guests, 0}}, evaluator);
  }
  void remove(const std::string& place) {
    standing.erase(place);
    std::string group;
    append_cell(group, std::string_view(place));
    list.remove(group);
  }
  // As the fold does when the list is short; false: it was not.
  bool make_anew_if_short() {
    if (!list.is_short()) return false;
    list.clear();
    for (const auto& [place, values] : standing) put_into_list(place);
    return true;
  }
  std::vector<std::string> shown() const {
    std::vector<std::string> out;
    for (const std::string_view group : list.first()) {
      out.emplace_back(std::get<std::string_view>(read_group(report, group)->at(0)));
    }
    return out;
  }
  std::vector<std::string> sorted() const {
    std::vector<std::string> out;
    for (const auto& [place, values] : standing) out.push_back(place);
    std::ranges::stable_sort(out, [&](const auto& a, const auto& b) {
      const auto& [visits_a, guests_a] = standing.at(a);
      const auto& [visits_b, guests_b] = standing.at(b);
      return guests_a * visits_b > guests_b * visits_a;
    });
    out.resize(std::min(out.size(), kRows));
    return out;
  }

  std::shared_ptr<Dataset> dataset = testing::dataset_of(R"(dataset: visits
source: { files: "visits*.csv" }
format: csv
key: id
fields:
  id:     { type: string, required: true }
  place:  { type: string, required: true }
  guests: { type: integer, required: true }
reports:
  best:
    group_by: [place]
    measures: { visits: count, guests: sum(guests), each: guests / visits }
    top: { rows: 3, by: [-each, place] }
    columns: [rank, place, each]
)");
  const ReportSpec& report = dataset->reports[0];
  Evaluator evaluator;
  TopList list;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> standing;
};

TEST(TopListProperty, ShowsWhatSortingAllGroupsGives) {
  EXPECT_TRUE(rc::check([] {
    World world(*rc::gen::inRange<std::size_t>(0, 5));
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 25), rc::gen::inRange(-1, 4), rc::gen::inRange(0, 40)));
    for (const auto& [number, visits, guests] : steps) {
      const std::string place = "place " + std::to_string(number);
      if (visits < 1) {
        world.remove(place);
      } else {
        world.put(place, visits, guests);
      }
      world.make_anew_if_short();
      RC_ASSERT(world.shown() == world.sorted());
    }
  }));
}

TEST(TopListProperty, ItsMemoryDoesNotGrowWithTheGroupsAndItIsSeldomMadeAnew) {
  World world(10);
  for (int i = 0; i < 16; ++i) world.put("place " + std::to_string(i), 1, i);
  const std::size_t full = world.list.bytes();
  for (int i = 16; i < 2000; ++i) world.put("place " + std::to_string(i), 1, i);
  EXPECT_LT(world.list.bytes(), 2 * full);
  int made = 0;
  for (int i = 1999; i >= 1000; --i) {
    world.remove("place " + std::to_string(i));
    made += world.make_anew_if_short() ? 1 : 0;
    ASSERT_EQ(world.shown(), world.sorted());
  }
  EXPECT_NEAR(made, 1000 / 14, 2);
}

}  // namespace
}  // namespace sluice::transform
