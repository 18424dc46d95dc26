// Two generations of a pipeline over one log of records: what a cut and the decision behind it do to both, whoever is
// killed when.

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "common/base/check.h"
#include "services/transform/core/stage1_task.h"
#include "services/transform/core/test_bench.h"
#include "tests/simulation/faults.h"

namespace sluice::transform::testing {
namespace {

std::string origin(int file, int line) {
  return std::to_string(file) + "-00000000000" + std::to_string(file % 10) + ":0:" + std::to_string(line);
}

class Generations : public ::testing::Test {
 protected:
  Generations() {
    bench_.generation.known = [this] { return known_; };
  }

  struct Seat {
    const Topics* topics;
    bool first;
    std::int32_t partition;
    std::unique_ptr<Task> task;
    Position position;
  };

  void seat_all(const Topics& topics) {
    for (const bool first : {true, false}) {
      for (std::int32_t p = 0; p < bench_.dataset->partitions; ++p) {
        seats_.push_back({&topics, first, p, nullptr, {}});
      }
    }
  }
  void step(Seat& seat, std::size_t records, bool commit) {
    try {
      if (!seat.task) {
        TaskParts parts = bench_.parts_of(*seat.topics);
        if (seat.topics->generation() > 1) parts.generation.from = from_;
        seat.task = seat.first ? make_stage1(std::move(parts), seat.partition)
                               : make_stage2(std::move(parts), seat.partition);
        seat.position = seat.task->start().front();
      }
      bench_.feed(*seat.task, seat.position, records);
      if (commit) seat.task->commit();
      seat.task->work();
    } catch (const TaskBroken&) {
      seat.task.reset();
    }
  }
  // Until nothing moves.
  void settle() {
    for (int round = 0; round < 12; ++round) {
      for (Seat& seat : seats_) step(seat, 1000, true);
    }
  }
  int last_cut(const Topics& topics, std::int32_t partition) const {
    int cut = 0;
    for (const LogRecord& record : bench_.all({topics.commits("visits"), partition})) {
      cut = commit_record_from_json(record.value)->cut;
    }
    return cut;
  }
  std::map<std::string, nlohmann::json> rows(const Topics& topics) const {
    std::map<std::string, nlohmann::json> out;
    for (const ReportSpec& report : bench_.dataset->reports) {
      for (auto& [key, row] : bench_.table(topics.rows(report.name))) {
        row.erase("_revision");
        out[report.name + key] = row;
      }
    }
    return out;
  }
  void send(int id, int guests, int file, int line) {
    const std::string key = "v" + std::to_string(id);
    const std::string value = visit(key, "p" + std::to_string(id % 3), guests, "1.5", "EUR", "2017-01-01");
    bench_.send(key, &value, origin(file, line));
  }
  std::uint64_t told() const {
    std::uint64_t out = 0;
    for (const auto& [file, counts] : bench_.counts()) {
      out += counts.records + counts.corrections + counts.duplicates;
    }
    return out;
  }

  TestBench bench_;
  Topics second_ = bench_.topics.of_generation(2);
  KnownGenerations known_;
  Beginning from_;
  std::vector<Seat> seats_;
};

TEST_F(Generations, BothStandStillAtACutWithEqualRowsAndTheOneThatWinsGoesOn) {
  seat_all(bench_.topics);
  send(1, 2, 1, 2);
  send(2, 3, 1, 3);
  settle();
  known_ = {1, 2, 0, false};
  seat_all(second_);
  settle();
  EXPECT_EQ(rows(second_), rows(bench_.topics));
  EXPECT_EQ(told(), 2U) << "the one that is built says nothing of files";

  bench_.cut({1, 1, 2});
  send(3, 4, 2, 2);
  settle();
  EXPECT_EQ(told(), 2U) << "both wait, for nobody has told them of this cut";
  known_ = {1, 2, 1, true};
  settle();
  EXPECT_EQ(told(), 2U);
  EXPECT_EQ(rows(second_), rows(bench_.topics));
  for (std::int32_t p = 0; p < bench_.dataset->partitions; ++p) {
    EXPECT_EQ(last_cut(bench_.topics, p), 1);
    EXPECT_EQ(last_cut(second_, p), 1);
  }
  bench_.cut({1, 1, 2});  // said again by one that took over
  const auto before = rows(bench_.topics);
  known_ = {2, 0, 1, false};
  settle();
  EXPECT_EQ(told(), 3U);
  EXPECT_EQ(rows(bench_.topics), before) << "the old one stands where it was";
  EXPECT_NE(rows(second_), before);
}

TEST_F(Generations, WhereTheOldOneWinsItGoesOnAsIfNothingHadBeen) {
  seat_all(bench_.topics);
  seat_all(second_);
  known_ = {1, 2, 1, true};
  send(1, 2, 1, 2);
  bench_.cut({1, 1, 2});
  send(2, 3, 1, 3);
  settle();
  EXPECT_EQ(told(), 1U);
  const auto before = rows(second_);
  known_ = {1, 0, 1, false};
  settle();
  EXPECT_EQ(told(), 2U);
  EXPECT_EQ(rows(second_), before);
  // A later rebuild reads both cuts and passes the one that was not its own.
  const Topics third = bench_.topics.of_generation(3);
  known_ = {1, 3, 2, true};
  seat_all(third);
  bench_.cut({2, 1, 3});
  settle();
  EXPECT_EQ(rows(third), rows(bench_.topics));
}

TEST_F(Generations, ALaterGenerationsRowsHaveGreaterRevisions) {
  send(1, 2, 1, 2);
  known_ = {1, 2, 0, false};
  seat_all(bench_.topics);
  seat_all(second_);
  settle();
  const auto revision = [&](const Topics& topics) {
    return bench_.table(topics.rows(bench_.dataset->reports.front().name)).begin()->second.at("_revision").get<std::int64_t>();
  };
  EXPECT_EQ(revision(bench_.topics), 1);
  EXPECT_EQ(revision(second_), (std::int64_t{1} << 40) + 1);
}

TEST_F(Generations, OneThatBeginsLaterHasNothingOfWhatCameBefore) {
  known_ = {1, 2, 0, false};
  send(1, 2, 1, 2);
  send(2, 3, 4, 2);
  from_.place = 4;
  seat_all(second_);
  settle();
  const auto by_place = rows(second_);
  for (Seat& seat : seats_) seat.task.reset();
  bench_.stores.wipe("visits-g2-stage1-0");
  send(2, 5, 5, 2);  // its first version is known after the disk was lost
  settle();
  EXPECT_EQ(rows(second_).size(), by_place.size());

  const Topics third = bench_.topics.of_generation(3);
  known_ = {1, 3, 0, false};
  from_ = {};
  for (std::int32_t p = 0; p < bench_.dataset->partitions; ++p) {
    from_.offsets[p] = bench_.log.end_offset({bench_.topics.records("visits"), p});
  }
  seat_all(third);
  settle();
  EXPECT_TRUE(rows(third).empty());
  send(7, 1, 6, 2);
  settle();
  EXPECT_FALSE(rows(third).empty());
}

// Records come, tasks of both generations are killed between any two durable effects and at any other moment, lose their
// disks and hear of decisions late; every record is told of once, the rows are equal at the cut, and in the end those of a
// pipeline that was never rebuilt.
TEST_F(Generations, HandOverExactlyOnceInAnyOrderOfEvents) {
  std::uint64_t kills = 0;
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return random() % n; };
    const auto faults = std::make_shared<sluice::testing::SeededFaults>(seed);
    faults->enabled = false;
    TestBench bench(visits(), faults), plain;
    KnownGenerations known{1, 2, 0, false};
    bench.generation.known = [&] { return known; };
    const Topics next = bench.topics.of_generation(2);
    std::vector<Seat> seats;
    for (const Topics* topics : {static_cast<const Topics*>(&bench.topics), &next}) {
      for (const bool first : {true, false}) {
        for (std::int32_t p = 0; p < bench.dataset->partitions; ++p) seats.push_back({topics, first, p, nullptr, {}});
      }
    }
    std::uint64_t sent = 0;
    const auto die = [&](Seat& seat) {
      const std::string kind = seat.first ? stage1_kind(*seat.topics, *bench.dataset) : stage2_kind(*seat.topics, *bench.dataset);
      const std::string name = task_name(kind, seat.partition);
      faults->enabled = false;
      seat.task.reset();
      bench.stores.crash(name, below(static_cast<std::uint32_t>(bench.stores.unflushed(name)) + 1));
      if (below(5) == 0) bench.stores.wipe(name);
    };
    const auto events = [&](int count) {
      for (int i = 0; i < count; ++i) {
        if (below(4) == 0) {
          const int id = static_cast<int>(below(9)), guests = static_cast<int>(below(5));
          const std::string key = "v" + std::to_string(id);
          const std::string value = visit(key, "p" + std::to_string(below(3)), guests, "1.5", "EUR", "2017-01-01");
          const std::string from = origin(static_cast<int>(1 + sent / 5), static_cast<int>(sent));
          bench.send(key, &value, from);
          plain.send(key, &value, from);
          ++sent;
        }
        Seat& seat = seats[below(static_cast<std::uint32_t>(seats.size()))];
        if (below(8) == 0) {
          die(seat);
          continue;
        }
        try {
          faults->enabled = true;
          if (!seat.task) {
            seat.task = seat.first ? make_stage1(bench.parts_of(*seat.topics), seat.partition)
                                   : make_stage2(bench.parts_of(*seat.topics), seat.partition);
            seat.position = seat.task->start().front();
          }
          bench.feed(*seat.task, seat.position, 1 + below(6));
          if (below(2) == 0) seat.task->commit();
          if (below(2) == 0) seat.task->work();
        } catch (const TaskBroken&) {
          seat.task.reset();
        } catch (const sluice::testing::SimulatedCrash&) {
          die(seat);
        }
        faults->enabled = false;
      }
    };
    const auto drain = [&] {
      bench.log.settle();
      for (int round = 0; round < 15; ++round) {
        for (Seat& seat : seats) {
          try {
            if (!seat.task) {
              seat.task = seat.first ? make_stage1(bench.parts_of(*seat.topics), seat.partition)
                                     : make_stage2(bench.parts_of(*seat.topics), seat.partition);
              seat.position = seat.task->start().front();
            }
            bench.feed(*seat.task, seat.position, 1000);
            seat.task->commit();
            seat.task->work();
          } catch (const TaskBroken&) {
            seat.task.reset();
          }
        }
      }
    };
    const auto table = [](const TestBench& of, const Topics& topics) {
      std::map<std::string, nlohmann::json> out;
      for (const ReportSpec& report : of.dataset->reports) {
        for (auto& [key, row] : of.table(topics.rows(report.name))) {
          row.erase("_revision");
          out[report.name + key] = row;
        }
      }
      return out;
    };
    events(150);
    if (below(2) == 0) known = {1, 2, 1, true};
    bench.cut({1, 1, 2});
    events(80);
    if (below(3) == 0) bench.cut({1, 1, 2});
    known = {1, 2, 1, true};
    events(80);
    drain();
    ASSERT_EQ(table(bench, bench.topics), table(bench, next)) << "at the cut";
    const bool swapped = below(2) == 0;
    known = swapped ? KnownGenerations{2, 0, 1, false} : KnownGenerations{1, 0, 1, false};
    events(150);
    drain();
    plain.run();
    ASSERT_EQ(table(bench, swapped ? next : bench.topics), table(plain, plain.topics)) << swapped;
    const auto expected = plain.counts();
    const auto found = bench.counts();
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [file, counts] : expected) {
      ASSERT_EQ(found.at(file).records, counts.records) << file;
      ASSERT_EQ(found.at(file).corrections, counts.corrections) << file;
      ASSERT_EQ(found.at(file).duplicates, counts.duplicates) << file;
    }
    kills += faults->crashes();
  }
  EXPECT_GT(kills, 200U) << "the faults are not being injected";
}

}  // namespace
}  // namespace sluice::transform::testing
