// Every operator under retraction: a storm of new, corrected, deleted and repeated records of two datasets,
// cut into transactions anyhow, with tasks that die and disks that are lost, must leave the rows that the
// surviving records alone give when they come once, in the order of their keys, undisturbed, on another
// number of partitions. What those rows must be is the business of tests/oracle.

#include <random>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "services/transform/core/test_bench.h"

namespace sluice::transform::testing {
namespace {

constexpr const char* kRates = R"yaml(
source: { files: "rates*.csv" }
format: csv
key: id
event_time: at
fields:
  id:   { type: integer, required: true }
  city: { type: string, required: true }
  at:   { type: timestamp, required: true }
  rate: { type: decimal }
)yaml";

constexpr const char* kSales = R"yaml(
source: { files: "sales*.csv" }
format: csv
key: id
event_time: at
fields:
  id:     { type: integer, required: true }
  buyer:  { type: string, required: true }
  basket: { type: integer, required: true }
  item:   { type: string, required: true }
  city:   { type: string }
  at:     { type: timestamp, required: true }
  amount: { type: decimal, required: true }
  tags:   { type: list }
reports:
  spread:
    group_by: [buyer]
    measures:
      least: min(amount)
      most: max(amount)
      median: percentile(amount, 0.5)
      mean: avg(amount)
      items: distinct(item)
      early: first(item by at, id)
      late: last(item by at, id)
      big: count(where amount > 50)
      share: sum(amount) / total(sum(amount))
  tagged:
    explode: { list: tags, as: tag }
    group_by: [tag]
    measures: { sales: count, amount: sum(amount) }
  gaps:
    previous: { per: buyer, order: at, take: { before: at, amount_before: amount } }
    compute: { days: "days_between(at, before)" }
    where: before != null
    group_by: [buyer]
    measures: { gaps: count, days: sum(days), grown: count(where amount > amount_before) }
  loyal:
    trailing: { per: buyer, months: 3, count: recent }
    compute: { kind: 'if(recent >= 3, "often", "seldom")' }
    group_by: [kind]
    window: { tumbling: month, name: month }
    measures: { sales: count, amount: sum(amount), share: amount / total(sum(amount) per month) }
  sizes:
    rollup: { per: basket, take: { items: distinct(item), worth: sum(amount) } }
    group_by: [items]
    measures: { baskets: count, worth: sum(worth) }
  together:
    pairs: { per: basket, of: item, max_items: 4 }
    group_by: [item_a, item_b]
    measures:
      baskets: count
      support: baskets / all_baskets
      lift: baskets * all_baskets / (item_a_baskets * item_b_baskets)
      skipped: skipped_baskets
  converted:
    lookup:
      dataset: rates
      key: [city, hour(at)]
      match: [city, hour(at)]
      pick: [-at]
      take: { rate: rate }
      found: rate_found
    compute: { known: 'if(rate_found == null, "no", "yes")' }
    group_by: [known]
    window: { tumbling: day, name: day }
    measures: { sales: count, amount: sum(amount), worth: sum(amount * rate) }
  best:
    lookup:
      dataset: rates
      key: city
      match_any: [city, item]
      pick: [at]
      take: { rate: rate }
    group_by: [id, amount]
    measures: { rate: first(rate by found), value: amount }
    top: { rows: 5, by: [-amount, id] }
    columns: [rank, id, amount, rate]
)yaml";

Dataset with_partitions(const char* name, const char* text, int partitions, const std::vector<Dataset>& others) {
  const std::string yaml =
      std::string("dataset: ") + name + "\npartitions: " + std::to_string(partitions) + text;
  return *dataset_of(yaml, others);
}

std::vector<std::shared_ptr<const Dataset>> two_datasets(int partitions) {
  Dataset rates = with_partitions("rates", kRates, partitions, {});
  Dataset sales = with_partitions("sales", kSales, partitions, {rates});
  for (const ReportSpec& report : sales.reports) {
    if (const LookupSpec* lookup = lookup_of(report)) {
      rates.feeds.push_back({sales.name, report.name, sales.partitions, *lookup});
    }
  }
  return {std::make_shared<const Dataset>(std::move(rates)),
          std::make_shared<const Dataset>(std::move(sales))};
}

// The last version of each record, by dataset and key; null: deleted.
using Winners = std::map<std::pair<std::string, std::string>, std::optional<std::string>>;

class Pipeline {
 public:
  Pipeline(std::uint64_t seed, int partitions) : random_(seed), datasets_(two_datasets(partitions)) {
    log_.create_topic(topics_.file_counts(), partitions);
    for (const auto& dataset : datasets_) {
      std::vector<std::string> reports;
      for (const ReportSpec& report : dataset->reports) reports.push_back(report.name);
      for (const TopicSettings& topic :
           dataset_topics(topics_, dataset->name, reports, partitions, has_entities(*dataset))) {
        log_.create_topic(topic.name, topic.partitions);
      }
    }
    for (const TaskKind& kind : tasks_.kinds()) {
      for (std::int32_t p = 0; p < kind.partitions; ++p) seats_.push_back({{kind.kind, p}, nullptr, {}});
    }
  }

  void send(const std::string& dataset, const std::string& key, const std::optional<std::string>& value) {
    OutgoingRecord out;
    out.key = key;
    if (value) out.value = *value;
    out.tombstone = !value;
    const auto partitions = datasets_.front()->partitions;
    input_->send(topics_.records(dataset), partition_of(key, partitions), out);
  }

  // Someone does something.
  void step() {
    Seat& seat = seats_[below(seats_.size())];
    if (seat.task == nullptr) start(seat);
    feed(seat, 1 + below(20));
    if (chance(30)) seat.task->commit();
    if (chance(10)) kill(seat);
  }

  // Everything that is there goes through.
  void finish() {
    for (bool moved = true; moved;) {
      moved = false;
      for (Seat& seat : seats_) {
        if (seat.task == nullptr) start(seat);
        while (feed(seat, 100)) moved = true;
        seat.task->commit();
      }
    }
  }

  void kill_all() {
    for (Seat& seat : seats_) kill(seat);
  }

  // The live rows of every report.
  std::map<std::string, std::map<std::string, std::string>> tables() const {
    std::map<std::string, std::map<std::string, std::string>> out;
    for (const ReportSpec& report : datasets_.back()->reports) {
      auto& rows = out[report.name];
      for (std::int32_t p = 0; p < datasets_.back()->partitions; ++p) {
        for (const LogRecord& record : log_.fetch({topics_.rows(report.name), p}, 0, 1'000'000).records) {
          if (record.tombstone) {
            rows.erase(std::string(record.key));
          } else {
            rows[std::string(record.key)] = without_version(record.value);
          }
        }
      }
    }
    return out;
  }

 private:
  struct Seat {
    TaskId id;
    std::unique_ptr<Task> task;
    std::vector<Position> positions;
  };

  static std::string without_version(std::string_view row) {
    auto json = nlohmann::json::parse(row);
    std::erase_if(json.get_ref<nlohmann::json::object_t&>(),
                  [](const auto& item) { return item.first.starts_with("_"); });
    return json.dump();
  }

  void start(Seat& seat) {
    seat.task = tasks_.make(seat.id);
    seat.positions = seat.task->start();
    if (!chance(20)) return;
    for (Position& position : seat.positions) position.next_offset = 0;  // a consumer may rewind
  }

  bool feed(Seat& seat, std::size_t most) {
    bool moved = false;
    for (Position& position : seat.positions) {
      const auto some = log_.fetch(position.partition, position.next_offset, most);
      seat.task->process(position.partition, some.records);
      moved = moved || some.next_offset > position.next_offset;
      position.next_offset = some.next_offset;
    }
    return moved;
  }

  // The process dies and loses what its disk had not flushed, or the whole disk.
  void kill(Seat& seat) {
    seat.task.reset();
    const std::string store = task_name(seat.id.kind, seat.id.partition);
    stores_.crash(store, below(stores_.unflushed(store) + 1));
    if (chance(20)) stores_.wipe(store);
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  std::mt19937_64 random_;
  std::vector<std::shared_ptr<const Dataset>> datasets_;
  Topics topics_{"test"};
  sluice::testing::FaultPlan faults_;
  sluice::testing::MemoryLog log_{faults_};
  sluice::testing::MemoryStateStores stores_{faults_};
  ManualClock clock_;
  NoWatermarks watermarks_;
  TransformEvents events_;
  TransformTasks tasks_{datasets_, topics_, log_, stores_, clock_, events_, watermarks_};
  std::unique_ptr<PlainProducer> input_ = log_.plain_producer();
  std::vector<Seat> seats_;
};

class RandomRecords {
 public:
  explicit RandomRecords(std::uint64_t seed) : random_(seed) {}

  std::string sale(int id) {
    std::string tags = "null";
    if (below(4) > 0) {
      tags = "[";
      for (std::size_t n = below(3); n > 0; --n) tags += (tags.size() > 1 ? ",\"t" : "\"t") + number(3) + "\"";
      tags += "]";
    }
    const std::string city = below(5) == 0 ? "null" : "\"c" + number(2) + "\"";
    return "{\"id\":" + std::to_string(id) + ",\"buyer\":\"b" + number(3) + "\",\"basket\":" + number(4) +
           ",\"item\":\"" + (below(3) == 0 ? "c" : "i") + number(4) + "\",\"city\":" + city + ",\"at\":\"" +
           time() + "\",\"amount\":" + number(100) + "." + number(10) + ",\"tags\":" + tags + "}";
  }
  std::string rate(int id) {
    const std::string rate = below(6) == 0 ? "null" : "1." + number(10);
    return "{\"id\":" + std::to_string(id) + ",\"city\":\"c" + number(2) + "\",\"at\":\"" + time() +
           "\",\"rate\":" + rate + "}";
  }
  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  std::string number(std::size_t limit) { return std::to_string(below(limit)); }
  std::string time() {
    return "2022-0" + std::to_string(1 + below(5)) + "-0" + std::to_string(1 + below(2)) + "T0" + number(2) +
           ":" + std::to_string(10 + below(50)) + ":00.000Z";
  }

  std::mt19937_64 random_;
};

// How many rows each report had, over all storms: a report that never has any proves nothing.
std::map<std::string, std::size_t> seen_rows;

void storm(std::uint64_t seed) {
  RandomRecords records(seed);
  Pipeline stormy(seed, 2);
  Winners winners;
  for (int event = 0; event < 150; ++event) {
    for (std::size_t n = records.below(4); n > 0; --n) {
      const bool is_sale = records.below(3) > 0;
      const int id = static_cast<int>(records.below(is_sale ? 25 : 8));
      std::optional<std::string> value;
      if (records.below(8) > 0) value = is_sale ? records.sale(id) : records.rate(id);
      const std::string dataset = is_sale ? "sales" : "rates";
      stormy.send(dataset, std::to_string(id), value);
      if (value && records.below(5) == 0) stormy.send(dataset, std::to_string(id), value);
      winners[{dataset, std::to_string(id)}] = value;
    }
    stormy.step();
  }
  stormy.kill_all();
  stormy.finish();

  Pipeline calm(seed, 3);
  for (const auto& [key, value] : winners) {
    if (value) calm.send(key.first, key.second, value);
  }
  calm.finish();
  const auto expected = calm.tables();
  const auto rows = stormy.tables();
  for (const auto& [report, table] : expected) {
    SCOPED_TRACE(report);
    EXPECT_EQ(rows.at(report), table);
    seen_rows[report] += table.size();
  }
  RC_ASSERT(rows == expected);
}

TEST(DerivedReportsProperty, AStormLeavesWhatTheSurvivingRecordsAloneGive) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) { storm(seed); }));
  for (const auto& [report, rows] : seen_rows) EXPECT_GT(rows, 0U) << report;
}

}  // namespace
}  // namespace sluice::transform::testing
