// Whatever is added, corrected, deleted and repeated, in whatever order, however it is cut into
// transactions and whoever dies in between: the reports are what a batch over the winning versions gives.
// The oracle keeps its own books in cents.

#include <random>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "services/transform/core/test_bench.h"

namespace sluice::transform::testing {
namespace {

struct Visit {
  int place = 0, guests = 0, cents = 0, month = 0;
  bool pounds = false;
  auto operator<=>(const Visit&) const = default;
};

struct Totals {
  std::int64_t visits = 0, guests = 0, cents = 0;
  auto operator<=>(const Totals&) const = default;
};

class Oracle {
 public:
  void arrives(int key, const Visit* visit, std::optional<std::tuple<int, int>> origin) {
    Known& known = known_[key];
    if (!origin) {
      if (known.version == std::make_tuple(0, 0, 0) && visit == nullptr) return;
      ++std::get<2>(known.version);
    } else {
      const auto version = std::tuple_cat(*origin, std::make_tuple(0));
      if (version < known.version) return;
      known.version = version;
    }
    known.visit = visit == nullptr ? std::nullopt : std::optional<Visit>(*visit);
  }

  std::map<std::string, Totals> monthly() const {
    std::map<std::string, Totals> out;
    for (const auto& [key, known] : known_) {
      if (!known.visit) continue;
      const Visit& v = *known.visit;
      add(out["[\"p" + std::to_string(v.place) + "\",\"2017_0" + std::to_string(v.month) +
              "\",\"" + (v.pounds ? "GBP" : "EUR") + "\"]"],
          v);
    }
    return out;
  }
  std::map<std::string, Totals> places() const {
    std::map<std::string, Totals> out;
    for (const auto& [key, known] : known_) {
      if (known.visit) add(out["[\"p" + std::to_string(known.visit->place) + "\"]"], *known.visit);
    }
    return out;
  }

 private:
  struct Known {
    std::tuple<int, int, int> version{0, 0, 0};
    std::optional<Visit> visit;
  };
  static void add(Totals& to, const Visit& visit) {
    ++to.visits;
    to.guests += visit.guests;
    to.cents += visit.cents;
  }
  std::map<int, Known> known_;
};

class Storm {
 public:
  explicit Storm(std::uint64_t seed) : random_(seed) {
    for (std::int32_t p = 0; p < bench_.dataset->partitions; ++p) {
      for (const bool first : {true, false}) seats_.push_back({first, p, nullptr, {}});
    }
  }

  void run(int events) {
    for (int i = 0; i < events; ++i) {
      if (chance(50)) send_some();
      Seat& seat = seats_[below(seats_.size())];
      if (seat.task == nullptr) start(seat);
      bench_.feed(*seat.task, seat.position, 1 + below(20));
      if (chance(30)) seat.task->commit();
      if (chance(10)) kill(seat);
    }
  }

  void check() {
    for (Seat& seat : seats_) kill(seat);
    bench_.run();
    bench_.run();
    compare(bench_.table(bench_.topics.rows("monthly")), oracle_.monthly(), true);
    compare(bench_.table(bench_.topics.rows("places")), oracle_.places(), false);
    for (const auto& [file, counts] : bench_.counts()) {
      RC_ASSERT(counts.records + counts.corrections + counts.duplicates + counts.poisoned ==
                sent_.at(file));
      sent_.erase(file);
    }
    RC_ASSERT(sent_.empty());
  }

 private:
  struct Seat {
    bool first;
    std::int32_t partition;
    std::unique_ptr<Task> task;
    Position position;
  };

  void start(Seat& seat) {
    seat.task = seat.first ? bench_.stage1(seat.partition) : bench_.stage2(seat.partition);
    seat.position = seat.task->start().front();
    // A consumer may rewind.
    if (chance(20)) seat.position.next_offset = 0;
  }

  // The process dies and loses what its disk had not flushed, or the whole disk.
  void kill(Seat& seat) {
    seat.task.reset();
    const std::string store =
        task_name(seat.first ? stage1_kind(bench_.topics, *bench_.dataset) : stage2_kind(bench_.topics, *bench_.dataset),
                  seat.partition);
    bench_.stores.crash(store, below(bench_.stores.unflushed(store) + 1));
    if (chance(20)) bench_.stores.wipe(store);
    if (chance(30)) {
      bench_.log.compact({bench_.topics.state("visits"), seat.partition});
      bench_.log.compact({bench_.topics.commits("visits"), seat.partition});
      bench_.log.compact({bench_.topics.rows("monthly"), seat.partition});
    }
  }

  void send_some() {
    for (std::size_t n = below(10); n > 0; --n) {
      const int key = static_cast<int>(below(25));
      const std::string id = "v" + std::to_string(key);
      const int place = 1 + static_cast<int>(below(6));
      const int line = 2 + 3 * key;  // a key has one line in a file, so versions differ by place
      std::string file = std::to_string(place) + "-00000000000" + std::to_string(place);
      const std::string origin = file + ":0:" + std::to_string(line);
      if (chance(8)) {
        bench_.send(id, nullptr);
        oracle_.arrives(key, nullptr, std::nullopt);
        continue;
      }
      // The same line of the same file always says the same: a delivery that is repeated.
      const Visit visit = content(key, place);
      const std::string value = text_of(id, visit);
      if (chance(10)) {
        bench_.send(id, &value);
        oracle_.arrives(key, &visit, std::nullopt);
      } else if (chance(5)) {
        const std::string bad = value.substr(0, value.size() / 2);
        bench_.send(id, &bad, origin);
        ++sent_[file];
      } else {
        bench_.send(id, &value, origin);
        oracle_.arrives(key, &visit, std::make_tuple(place, line));
        ++sent_[file];
      }
    }
  }

  static Visit content(int key, int file) {
    std::mt19937 dice(static_cast<unsigned>(key * 100 + file / 2));  // some files agree
    Visit visit;
    visit.place = static_cast<int>(dice() % 3);
    visit.guests = static_cast<int>(dice() % 5);
    visit.cents = static_cast<int>(dice() % 10000);
    visit.month = 1 + static_cast<int>(dice() % 3);
    visit.pounds = dice() % 4 == 0;
    return visit;
  }

  static std::string text_of(const std::string& id, const Visit& v) {
    char amount[32];
    std::snprintf(amount, sizeof amount, "%d.%02d", v.cents / 100, v.cents % 100);
    return visit(id, "p" + std::to_string(v.place), v.guests, amount, v.pounds ? "GBP" : "EUR",
                 "2017-0" + std::to_string(v.month) + "-15");
  }

  static void compare(const std::map<std::string, nlohmann::json>& rows,
                      const std::map<std::string, Totals>& expected, bool money) {
    RC_ASSERT(rows.size() == expected.size());
    for (const auto& [key, totals] : expected) {
      RC_ASSERT(rows.contains(key));
      const auto& row = rows.at(key);
      RC_ASSERT(row.at("visits").get<std::int64_t>() == totals.visits);
      RC_ASSERT(row.at("guests").get<std::int64_t>() == totals.guests);
      if (money) {
        RC_ASSERT(std::llround(row.at("amount").get<double>() * 100) == totals.cents);
      }
    }
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  std::mt19937_64 random_;
  TestBench bench_;
  Oracle oracle_;
  std::vector<Seat> seats_;
  std::map<std::string, std::uint64_t> sent_;
};

TEST(TransformProperty, TheReportsAreWhatABatchOverTheWinningVersionsGives) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Storm storm(seed);
    storm.run(200);
    storm.check();
  }));
}

}  // namespace
}  // namespace sluice::transform::testing
