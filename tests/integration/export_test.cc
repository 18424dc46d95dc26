// Exports of whole reports on a real PostgreSQL, to a folder and to a real S3 server: what they hold,
// when they are written, and what is left of one that failed or died.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "services/loader/core/test_definition.h"
#include "services/loader/exporter.h"
#include "services/loader/folder_place.h"
#include "services/loader/s3_place.h"
#include "services/loader/schema.h"
#include "tests/support/environment.h"
#include "tests/support/eventually.h"
#include "tests/support/flaky_proxy.h"
#include "tests/support/parquet_text.h"
#include "tests/support/s3_server.h"

namespace sluice::loader {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kBucket = "landing";

struct Counts final : ExportEvents {
  void export_done(const std::string&, double) override { ++done; }
  void export_failed(const std::string&) override { ++failed; }
  void export_retried(const std::string&) override { ++retried; }
  std::atomic<int> done = 0, failed = 0, retried = 0;
};

enum class To { kFolder, kS3 };

// The files of an export's place by their path below it, wherever it is.
class ExportTest : public ::testing::TestWithParam<To> {
 protected:
  void SetUp() override {
    report_.exported =
        ExportSpec{to_s3(), "", prefix_, CsvSink{"now.csv", {{"month", true}}, '|'}, true, 0};
    postgres::Connection connection(url_);
    prepare_tables(connection, {report_table(report_)});
    database_ = std::make_unique<postgres::Connection>(url_);
    database_->run("SET TimeZone = 'UTC'");
    database_->run("INSERT INTO _sluice.reports VALUES ('monthly', 7)");
  }
  void TearDown() override {
    fs::remove_all(folder_);
    for (const std::string& path : paths()) {
      static_cast<void>(direct_.remove(kBucket, prefix_ + path, ""));
    }
  }
  static bool to_s3() { return GetParam() == To::kS3; }

  std::unique_ptr<Exporter> exporter() {
    auto made = std::make_unique<Exporter>(Exporter::Parts{
        url_, "sluice", clock_,
        [this](const ExportSpec& spec) -> std::unique_ptr<ExportPlace> {
          if (!spec.to_s3) return std::make_unique<FolderPlace>(folder_.string());
          return std::make_unique<S3Place>(client_, kBucket, spec.place);
        },
        counts_});
    made->set_reports({report_});
    return made;
  }
  void insert(const std::string& values) { database_->run("INSERT INTO monthly VALUES " + values); }
  // As the api does.
  void request(const std::string& id) {
    const std::optional<std::string> parameters[] = {id};
    database_->run("INSERT INTO _sluice.exports (id, report, state, trigger) "
                   "VALUES ($1, 'monthly', 'queued', 'request')", parameters);
  }
  std::vector<std::string> ask(const std::string& sql) {
    const postgres::Rows rows = database_->run(sql);
    std::vector<std::string> out;
    for (int i = 0; i < rows.size(); ++i) {
      std::string& line = out.emplace_back();
      for (int c = 0; c < rows.columns(); ++c) {
        line += (c > 0 ? "|" : "") + std::string(rows.is_null(i, c) ? "null" : rows.text(i, c));
      }
    }
    return out;
  }
  std::vector<std::string> states() {
    return ask("SELECT id, state, attempts FROM _sluice.exports ORDER BY requested_at");
  }

  std::vector<std::string> paths() {
    std::vector<std::string> out;
    if (!to_s3()) {
      if (!fs::exists(folder_)) return out;
      for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
        const std::string path = fs::relative(entry.path(), folder_).string();
        if (!entry.is_directory()) out.push_back(path);
        if (entry.is_directory() && fs::is_empty(entry.path())) out.push_back(path + "/ (empty)");
      }
    } else {
      EXPECT_TRUE(direct_.list(kBucket, prefix_, [&](std::vector<s3::ObjectInfo> page) {
        for (const auto& object : page) out.push_back(object.key.substr(prefix_.size()));
      }));
    }
    std::ranges::sort(out);
    return out;
  }
  std::string content(const std::string& path) {
    std::ostringstream out;
    if (!to_s3()) {
      std::ifstream in(folder_ / path, std::ios::binary);
      out << in.rdbuf();
      return out.str();
    }
    std::string bytes;
    if (const auto object = direct_.head(kBucket, prefix_ + path)) {
      // Nothing where it was replaced since the question.
      if (!direct_.get(kBucket, prefix_ + path, object->etag, 0, object->bytes, bytes)) return "";
    }
    return bytes;
  }
  std::vector<std::string> unfinished() {
    std::vector<std::string> out;
    const auto uploads = direct_.uploads(kBucket, prefix_);
    EXPECT_TRUE(uploads);
    for (const s3::Upload& upload : *uploads) out.push_back(upload.key.substr(prefix_.size()));
    return out;
  }

  std::string url_ = sluice::testing::fresh_database();
  std::string prefix_ = sluice::testing::fresh_prefix() + "/data/monthly/";
  fs::path folder_ = fs::temp_directory_path() / ("sluice-export-" + std::to_string(::getpid()));
  ReportSpec report_ = testing::visits()->reports[0];
  std::unique_ptr<postgres::Connection> database_;
  sluice::testing::FlakyProxy proxy_{
      sluice::testing::port_of(sluice::testing::test_environment().s3)};
  s3::Client client_{sluice::testing::s3_settings("http://127.0.0.1:" +
                                                  std::to_string(proxy_.port())),
                     sluice::testing::no_environment(), {std::chrono::milliseconds(300)}};
  s3::Client direct_{sluice::testing::s3_settings(), sluice::testing::no_environment()};
  ManualClock clock_;  // 2023-11-14T22:13:20Z
  Counts counts_;
};

INSTANTIATE_TEST_SUITE_P(Places, ExportTest, ::testing::Values(To::kFolder, To::kS3),
                         [](const auto& place) {
                           return std::string(place.param == To::kS3 ? "S3" : "Folder");
                         });

TEST_P(ExportTest, IsTheWholeReportAsCsvInItsDialectAndAsTypedParquet) {
  insert("('b', 2, -0.100, '2017_01', true, '1969-12-31', '1969-12-31T23:59:59.5Z', 1), "
         "('a|\"', 9007199254740993, 12345678901234567890123456.123456789012, '2017_02', false, "
         "'2017-01-31', '2017-01-31T10:00:00.000001Z', 1), "
         "('c', NULL, NULL, '2017_01', NULL, NULL, NULL, 1)");
  request("e1");
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|1"));
  const std::string hist = "hist/year=2023/month=11/day=14/time=221320/monthly-e1.parquet";
  EXPECT_THAT(paths(), ElementsAre("current/now.csv", hist));
  EXPECT_EQ(content("current/now.csv"),
            "place|visits|amount|month|open|first_day|last_at\n"
            "\"a|\"\"\"|9007199254740993|12345678901234567890123456.123456789012|2017_02|false|"
            "2017-01-31|2017-01-31T10:00:00.000001Z\n"
            "b|2|-0.100|2017_01|true|1969-12-31|1969-12-31T23:59:59.5Z\n"
            "c|||2017_01|||\n");
  const auto parquet = sluice::testing::read_parquet(content(hist));
  EXPECT_EQ(parquet.schema,
            "place: string not null\nvisits: int64\namount: decimal128(38, 12)\n"
            "month: string not null\nopen: bool\nfirst_day: date32[day]\n"
            "last_at: timestamp[us, tz=UTC]");
  EXPECT_THAT(parquet.rows,
              ElementsAre("a|\"|9007199254740993|12345678901234567890123456.123456789012|2017_02|"
                          "false|2017-01-31|2017-01-31 10:00:00.000001Z",
                          "b|2|-0.100000000000|2017_01|true|1969-12-31|1969-12-31 23:59:59.500000Z",
                          "c|null|null|2017_01|null|null|null"));
  const std::string bytes = fmt::format("{}|{}", content("current/now.csv").size(),
                                        content(hist).size());
  EXPECT_THAT(ask("SELECT rows, revision, current_bytes, hist_bytes, error FROM _sluice.exports"),
              ElementsAre("3|7|" + bytes + "|null"));
}

TEST_P(ExportTest, EachAddsToHistAndReplacesCurrentAlsoWithinASecondAndWithTheClockPutBack) {
  const auto made = exporter();
  std::vector<std::string> first;
  for (int round = 1; round <= 3; ++round) {
    insert(fmt::format("('p{}', {}, 1, '2017_01', true, NULL, NULL, 1)", round, round));
    request("e" + std::to_string(round));
    if (round == 3) clock_.advance(std::chrono::hours(-1));
    made->look();
    if (round == 1) first = sluice::testing::read_parquet(content(paths().back())).rows;
  }
  const std::string day = "hist/year=2023/month=11/day=14/";
  EXPECT_THAT(paths(), ElementsAre("current/now.csv", day + "time=221320/monthly-e1.parquet",
                                   day + "time=221321/monthly-e2.parquet",
                                   day + "time=221322/monthly-e3.parquet"));
  EXPECT_EQ(sluice::testing::read_parquet(content(paths()[1])).rows, first);
  EXPECT_THAT(sluice::testing::read_parquet(content(paths()[3])).rows, SizeIs(3));
  EXPECT_EQ(std::ranges::count(content("current/now.csv"), '\n'), 4);
}

TEST_P(ExportTest, ALargeOneGoesInPiecesAndComesBackWhole) {
  database_->run("INSERT INTO monthly SELECT md5(n::text) || repeat(md5((n + 1)::text), 8), n, "
                 "n / 100.0, '2017_01', n % 2 = 0, DATE '2017-01-01' + n % 1000, "
                 "now(), 1 FROM generate_series(1, 80000) n");
  request("e1");
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|1"));
  const std::string csv = content("current/now.csv");
  EXPECT_GT(csv.size(), std::size_t{20} << 20) << "several parts of an upload";
  const auto parquet = sluice::testing::read_parquet(content(paths()[1]));
  ASSERT_THAT(parquet.rows, SizeIs(80000));
  EXPECT_EQ(std::ranges::count(csv, '\n'), 80001);
  EXPECT_EQ(ask("SELECT count(DISTINCT place), sum(visits), sum(amount)::numeric(20, 2) FROM monthly"),
            ask(fmt::format("SELECT 80000, {}, {}::numeric(20, 2)",
                            80000LL * 80001 / 2, 80000.0 * 80001 / 200)));
  std::int64_t visits = 0;
  for (const std::string& row : parquet.rows) {
    const std::size_t bar = row.find('|');
    visits += std::stoll(row.substr(bar + 1));
  }
  EXPECT_EQ(visits, 80000LL * 80001 / 2);
  EXPECT_THAT(unfinished(), IsEmpty());
}

TEST_P(ExportTest, AReaderOfCurrentNeverSeesAPartOfIt) {
  const auto made = exporter();
  database_->run("INSERT INTO monthly (place, month, visits, _revision) "
                 "SELECT 'p' || n, '2017_01', 0, 1 FROM generate_series(1, 3000) n");
  std::atomic<bool> stop = false;
  std::atomic<int> seen = 0, torn = 0;
  std::thread reader([&] {
    while (!stop) {
      std::istringstream lines(content("current/now.csv"));
      std::string line, round;
      int count = -1;  // the header
      for (; std::getline(lines, line); ++count) {
        if (count < 0) continue;
        const std::string its = line.substr(line.find('|'), 4);
        if (round.empty()) round = its;
        if (its != round) ++torn;
      }
      if (count == -1) continue;  // not there yet, or replaced between two questions
      if (count != 3000) ++torn;
      ++seen;
    }
  });
  for (int round = 100; round < 112; ++round) {
    database_->run(fmt::format("UPDATE monthly SET visits = {}", round));
    request("e" + std::to_string(round));
    made->look();
  }
  EXPECT_TRUE(sluice::testing::eventually([&] { return seen > 3; }));
  stop = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(counts_.done, 12);
}

TEST_P(ExportTest, AScheduleAsksOnceForEachSlotFromTheFirstRowOn) {
  report_.exported->every_seconds = 3600;
  database_->run("DELETE FROM _sluice.reports");
  auto made = exporter();
  made->look();
  EXPECT_EQ(counts_.done, 0) << "it never had a row";
  insert("('a', 1, 1, '2017_01', true, NULL, NULL, 1)");
  database_->run("INSERT INTO _sluice.reports VALUES ('monthly', 1)");
  made->look();
  made->look();
  EXPECT_EQ(counts_.done, 1);
  made = exporter();  // another process
  made->look();
  EXPECT_EQ(counts_.done, 1);
  clock_.advance(std::chrono::hours(5));
  made->look();
  made->look();
  EXPECT_EQ(counts_.done, 2) << "what was missed is one";
  EXPECT_THAT(ask("SELECT trigger, state, extract(epoch FROM slot)::bigint % 3600 "
                  "FROM _sluice.exports ORDER BY requested_at"),
              ElementsAre("schedule|done|0", "schedule|done|0"));
  EXPECT_THAT(paths(), SizeIs(3));
}

TEST_P(ExportTest, OfSeveralLoadersOneWritesAndAnotherTakesOver) {
  auto first = exporter();
  const auto second = exporter();
  request("e1");
  first->look();
  request("e2");
  second->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|1", "e2|queued|0"));
  first.reset();
  second->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|1", "e2|done|1"));
}

TEST_P(ExportTest, WhatADeadOneLeftIsRemovedAndTheExportIsDone) {
  insert("('a', 1, 1, '2017_01', true, NULL, NULL, 1)");
  database_->run("INSERT INTO _sluice.exports (id, report, state, trigger, attempts, taken_at, "
                 "hist_bytes) VALUES ('e1', 'monthly', 'running', 'request', 1, "
                 "'2023-11-14T20:00:00Z', 1000)");
  const std::string half = "hist/year=2023/month=11/day=14/time=200000/monthly-e1.parquet";
  if (to_s3()) {
    const auto upload = direct_.begin_upload(kBucket, prefix_ + half);
    ASSERT_TRUE(upload);
    ASSERT_TRUE(direct_.upload_part(kBucket, prefix_ + half, *upload, 1, "half"));
    ASSERT_TRUE(direct_.begin_upload(kBucket, prefix_ + "hist/of-somebody-else"));
  } else {
    fs::create_directories((folder_ / half).parent_path());
    fs::create_directories(folder_ / ".unfinished");
    std::ofstream(folder_ / ".unfinished/monthly-e1.parquet") << "half";
  }
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|2"));
  EXPECT_THAT(paths(),
              ElementsAre("current/now.csv",
                          "hist/year=2023/month=11/day=14/time=221320/monthly-e1.parquet"));
  if (!to_s3()) return;
  EXPECT_THAT(unfinished(), ElementsAre("hist/of-somebody-else"));
  const auto left = direct_.uploads(kBucket, prefix_);
  for (const s3::Upload& upload : *left) {
    EXPECT_TRUE(direct_.abort_upload(kBucket, upload.key, upload.id));
  }
}

TEST_P(ExportTest, WhereASnapshotStandsAndCurrentIsWrittenAnewEachIsToldForItself) {
  insert("('a', 1, 1, '2017_01', true, NULL, NULL, 1)");
  request("e1");
  exporter()->look();
  const std::string told = "SELECT rows, revision, current_rows, current_revision FROM _sluice.exports";
  EXPECT_THAT(ask(told), ElementsAre("1|7|1|7"));
  const auto before = paths();
  // It was killed before its word that it is done, and rows came.
  database_->run("UPDATE _sluice.exports SET state = 'running'");
  insert("('b', 1, 1, '2017_01', true, NULL, NULL, 1)");
  database_->run("UPDATE _sluice.reports SET revision = 8 WHERE name = 'monthly'");
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("e1|done|2"));
  EXPECT_EQ(paths(), before) << "no second snapshot";
  EXPECT_THAT(sluice::testing::read_parquet(content(before.back())).rows, SizeIs(1));
  EXPECT_EQ(std::ranges::count(content("current/now.csv"), '\n'), 1 + 2);
  EXPECT_THAT(ask(told), ElementsAre("1|7|2|8"));
  EXPECT_THAT(ask("SELECT current_bytes FROM _sluice.exports"),
              ElementsAre(std::to_string(content("current/now.csv").size())));
}

TEST_P(ExportTest, AnExportThatIsInterruptedAgainAndAgainIsGivenUp) {
  database_->run("INSERT INTO _sluice.exports (id, report, state, trigger, attempts) "
                 "VALUES ('e1', 'monthly', 'running', 'request', 5)");
  if (to_s3()) {
    ASSERT_TRUE(direct_.begin_upload(kBucket, prefix_ + "current/now.csv"));
  } else {
    fs::create_directories(folder_ / ".unfinished");
  }
  exporter()->look();
  EXPECT_THAT(paths(), IsEmpty());
  EXPECT_THAT(unfinished(), IsEmpty());
  request("e2");
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("e1|failed|6", "e2|done|1"));
  EXPECT_THAT(ask("SELECT error FROM _sluice.exports WHERE id = 'e1'"),
              ElementsAre(HasSubstr("interrupted")));
}

TEST_P(ExportTest, AFailedAttemptLeavesNothingAndIsTriedAFewTimesBeforeTheReasonIsTold) {
  insert("('a', 1, 1, '2017_01', true, NULL, NULL, 1)");
  if (to_s3()) {
    proxy_.refuse(true);
  } else {
    std::ofstream(folder_.string()) << "a file where the folder must be";
  }
  const auto made = exporter();
  request("e1");
  for (int attempt = 1; attempt <= 5; ++attempt) {
    made->look();
    made->look();  // not before its time
    EXPECT_THAT(states(),
                ElementsAre(fmt::format("e1|{}|{}", attempt < 5 ? "running" : "failed", attempt)));
    EXPECT_THAT(ask("SELECT error FROM _sluice.exports"),
                ElementsAre(HasSubstr(to_s3() ? "landing" : folder_.string())));
    database_->run("UPDATE _sluice.exports SET next_try_at = now() WHERE next_try_at > now()");
  }
  EXPECT_EQ(counts_.retried, 4);
  EXPECT_EQ(counts_.failed, 1);
  if (to_s3()) {
    EXPECT_THAT(paths(), IsEmpty());
    proxy_.refuse(false);
  } else {
    fs::remove(folder_);
  }
  request("e2");
  made->look();
  EXPECT_THAT(paths(), SizeIs(2));
}

TEST_P(ExportTest, AValueThatParquetCannotHoldFailsTheExportAndSaysWhich) {
  insert("('a', 1, 1e-37, '2017_01', true, NULL, NULL, 1), "
         "('b', 1, 123456, '2017_01', true, NULL, NULL, 1)");
  const auto made = exporter();
  request("e1");
  made->look();
  EXPECT_THAT(ask("SELECT error FROM _sluice.exports"), ElementsAre(HasSubstr("amount")));
  EXPECT_THAT(paths(), IsEmpty()) << "neither file without the other";
}

TEST_P(ExportTest, DecimalsWithMoreDigitsThanUsualAreExact) {
  insert("('a', 1, 0.12345678901234567890, '2017_01', true, NULL, NULL, 1)");
  request("e1");
  exporter()->look();
  EXPECT_THAT(sluice::testing::read_parquet(content(paths().back())).rows,
              ElementsAre(HasSubstr("|0.1234567890123456789|")));
}

TEST_P(ExportTest, RequestsForAReportWithoutAnExportAreNotLeftWaiting) {
  database_->run("INSERT INTO _sluice.exports (id, report, state, trigger, requested_at) VALUES "
                 "('old', 'gone', 'queued', 'request', now() - interval '2 minutes'), "
                 "('new', 'coming', 'queued', 'request', now())");
  exporter()->look();
  EXPECT_THAT(states(), ElementsAre("old|failed|0", "new|queued|0"));
}

}  // namespace
}  // namespace sluice::loader
