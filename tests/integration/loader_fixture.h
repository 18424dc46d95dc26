#pragma once
// A loader's task on a real PostgreSQL of its own, fed from a log in memory.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "common/adapters/postgres/connection.h"
#include "services/loader/core/loader_task.h"
#include "services/loader/core/test_definition.h"
#include "services/loader/postgres_row_store.h"
#include "services/loader/schema.h"
#include "tests/support/environment.h"
#include "tests/support/memory_log.h"

namespace sluice::loader {

enum Which { kMonthly, kLetters, kRecords };

class LoaderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    url_ = sluice::testing::fresh_database();
    database_ = std::make_unique<postgres::Connection>(url_);
    prepare_tables(*database_, {targets_[kMonthly].table, targets_[kLetters].table,
                                targets_[kRecords].table, files_table()});
    for (const Target& target : targets_) log_.create_topic(target.topic, 2);
    producer_ = log_.plain_producer();
  }

  // One owner of a partition.
  struct Owner {
    Owner(LoaderTest& test, const std::string& url, Which which)
        : test_(test),
          stores_(url, "sluice-loader", "test"),
          partition_{test.targets_[which].topic, 0},
          task_(test.targets_[which], 0, {test.log_, stores_, test.clock_, test.events_}) {
      position_ = task_.start()[0].next_offset;
    }
    void read() {
      const auto fetched = test_.log_.fetch(partition_, position_, 1'000'000);
      task_.process(partition_, fetched.records);
      position_ = fetched.next_offset;
    }
    void load() {
      read();
      task_.commit();
    }

    LoaderTest& test_;
    PostgresRowStores stores_;
    TopicPartition partition_;
    LoaderTask task_;
    std::int64_t position_ = 0;
  };
  Owner owner(Which which = kMonthly) { return {*this, url_, which}; }

  static std::string key(const std::string& place) { return R"([")" + place + R"(","2017_01"])"; }
  static std::string row(const std::string& place, int visits, int revision,
                         const std::string& amount = "1.10") {
    return fmt::format(R"({{"place":"{}","visits":{},"amount":{},"month":"2017_01","open":true,)"
                       R"("first_day":"2017-01-31","last_at":"2017-01-31T10:00:00.5Z",)"
                       R"("_revision":{}}})", place, visits, amount, revision);
  }
  void put(const std::string& message_key, const std::string& value, Which which = kMonthly,
           std::string_view origin = "") {
    const Header header{"origin", origin};
    OutgoingRecord record;
    record.key = message_key;
    record.value = value;
    if (!origin.empty()) record.headers = {&header, 1};
    producer_->send(targets_[which].topic, 0, record);
  }
  void put_row(const std::string& place, int visits, int revision) {
    put(key(place), row(place, visits, revision));
  }
  void put_gone(const std::string& place) {
    OutgoingRecord record;
    const std::string message_key = key(place);
    record.key = message_key;
    record.tombstone = true;
    producer_->send(targets_[kMonthly].topic, 0, record);
  }
  // "a|b" for each row of the answer.
  std::vector<std::string> ask(const std::string& sql) {
    const postgres::Rows rows = database_->run(sql);
    std::vector<std::string> out;
    for (int i = 0; i < rows.size(); ++i) {
      std::string& line = out.emplace_back();
      for (int column = 0; column < rows.columns(); ++column) {
        line += (column > 0 ? "|" : "") + std::string(rows.text(i, column));
      }
    }
    return out;
  }
  std::vector<std::string> visits() {
    return ask("SELECT place, visits, _revision FROM monthly ORDER BY place");
  }
  std::vector<std::string> position() {
    return ask("SELECT next_offset, epoch FROM _sluice.positions WHERE topic = '" +
               targets_[kMonthly].topic + "'");
  }
  std::vector<std::string> revision() {
    return ask("SELECT revision FROM _sluice.reports WHERE name = 'monthly'");
  }
  void kill_loaders_connections() {
    database_->run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE datname = current_database() AND application_name LIKE 'sluice-loader%'");
  }

  std::string url_;
  std::unique_ptr<postgres::Connection> database_;
  std::shared_ptr<const Dataset> dataset_ = testing::visits();
  std::vector<Target> targets_ = targets_of(dataset_, Topics());
  sluice::testing::FaultPlan faults_;
  sluice::testing::MemoryLog log_{faults_};
  std::unique_ptr<PlainProducer> producer_;
  SystemClock clock_;
  LoaderEvents events_;
};

}  // namespace sluice::loader
