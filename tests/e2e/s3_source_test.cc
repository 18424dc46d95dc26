// Objects of a bucket as files: put there as a user's tools put them, looked at where users look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "common/adapters/archive/test_packing.h"
#include "common/adapters/http/client.h"
#include "tests/support/flaky_proxy.h"
#include "tests/support/s3_server.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

constexpr const char* kBucket = "landing";
constexpr const char* kHeader =
    "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\r\n";

using Environment = std::map<std::string, std::string>;

class S3Source : public ::testing::Test {
 protected:
  // The keys come from the variables that AWS's own tools read.
  void start_ingest(const Environment& more = {}) {
    Environment environment = {
        {"SLUICE_S3_ENDPOINT", "http://127.0.0.1:" + std::to_string(proxy.port())},
        {"SLUICE_S3_BUCKET", kBucket},
        {"SLUICE_S3_PREFIX", prefix + "in/"},
        {"SLUICE_S3_POLL_MS", "200"},
        {"AWS_ACCESS_KEY_ID", "sluice"},
        {"AWS_SECRET_ACCESS_KEY", "sluice-secret"},
    };
    for (const auto& [name, value] : more) environment[name] = value;
    stack.start("ingest", environment);
  }
  void start(const Environment& ingest = {}) {
    start_ingest(ingest);
    for (const char* service : {"transform", "loader", "api"}) stack.start(service);
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack.log(service);
    }
  }

  void put(const std::string& name, const std::string& content) {
    std::string why;  // a server that stands still for seconds is tried again
    ASSERT_TRUE(eventually([&] {
      const auto done = client.put(kBucket, prefix + name, content);
      if (!done) why = done.error().message;
      return done.has_value();
    })) << why;
  }
  // Nothing: no such object.
  std::optional<std::string> content(const std::string& key) {
    const auto object = client.head(kBucket, key);
    if (!object) return std::nullopt;
    std::string bytes;
    if (!client.get(kBucket, key, object->etag, 0, object->bytes, bytes)) return std::nullopt;
    return bytes;
  }
  std::string archived(const std::string& name) const { return "archive/" + prefix + name; }

  Receipt settle(const std::string& name) {
    EXPECT_TRUE(eventually([&] {
      const auto all = stack.receipts();
      const auto found = all.find(name);
      return found != all.end() &&
             (found->second.state == "done" || found->second.state == "duplicate" ||
              found->second.state == "failed");
    })) << name << " never settled\n" << stack.log("ingest");
    return stack.receipts()[name];
  }
  void expect_report(const Report& expected) {
    EXPECT_TRUE(eventually([&] { return stack.report() == expected; }));
    EXPECT_EQ(stack.report(), expected);
  }

  StackSettings settings = fresh_stack_settings();
  std::string prefix = settings.topic_prefix + "/";
  Stack stack{settings};
  FlakyProxy proxy{port_of(test_environment().s3)};
  s3::Client client{s3_settings(), no_environment()};
  BookingsGenerator bookings{20261122, {.duplicates = 0, .corrections = 0, .bad = 0}};
};

TEST_F(S3Source, AnObjectGivesTheReportOfTheSameFileInTheFolderAndIsMovedToTheArchive) {
  start();
  const BookingFile file = bookings.next_file(2000);
  put("in/2026/" + file.name, file.content);
  const Receipt receipt = settle(file.name);
  EXPECT_EQ(receipt.state, "done") << receipt.error;
  EXPECT_EQ(receipt.records, 2000U);
  EXPECT_TRUE(receipt.balances());
  expect_report(bookings.report());
  EXPECT_TRUE(eventually([&] { return !content(prefix + "in/2026/" + file.name); }));
  EXPECT_EQ(content(archived("in/2026/" + file.name)), file.content);

  stack.drop("bookings-in-the-folder.csv", file.content);
  EXPECT_EQ(settle("bookings-in-the-folder.csv").state, "duplicate");
  put("in/bookings-again.csv", file.content);
  EXPECT_EQ(settle("bookings-again.csv").state, "duplicate");
  expect_report(bookings.report());
}

TEST_F(S3Source, ByTlsAndHostNamesAnObjectIsReadAndMovedOnceTheServersAuthorityIsKnown) {
  const Environment by_tls = {
      {"SLUICE_S3_ENDPOINT", ""},
      {"AWS_ENDPOINT_URL_S3", "https://s3.localhost:" + std::to_string(port_of(test_environment().s3_tls))},
      {"SLUICE_S3_ADDRESSING", "virtual"}};
  start(by_tls);
  const BookingFile file = bookings.next_file(100);
  put("in/" + file.name, file.content);
  EXPECT_TRUE(eventually([&] {
    return stack.log("ingest").find("the server's certificate is not accepted") != std::string::npos;
  })) << stack.log("ingest");
  EXPECT_EQ(stack.receipts().size(), 0U);

  stack.kill_hard("ingest");
  Environment trusting = by_tls;
  trusting["AWS_CA_BUNDLE"] = test_environment().s3_ca;
  start_ingest(trusting);
  EXPECT_EQ(settle(file.name).records, 100U);
  EXPECT_TRUE(eventually([&] { return !content(prefix + "in/" + file.name); }));
  EXPECT_EQ(content(archived("in/" + file.name)), file.content);
}

TEST_F(S3Source, AnArchiveIsMovedWhenAllItsFilesAreSettled) {
  start();
  const BookingFile one = bookings.next_file(500), two = bookings.next_file(400);
  put("in/delivery.zip", archive::packed_files(archive_write_set_format_zip, nullptr,
                                               {{"sub/" + one.name, one.content}, {two.name, two.content}}));
  EXPECT_EQ(settle("delivery.zip").state, "done");
  EXPECT_EQ(settle("delivery.zip/sub/" + one.name).records, 500U);
  EXPECT_EQ(settle("delivery.zip/" + two.name).records, 400U);
  expect_report(bookings.report());
  EXPECT_TRUE(eventually([&] { return !content(prefix + "in/delivery.zip"); }));
  EXPECT_TRUE(content(archived("in/delivery.zip")));

  put("in/mixed.tar.gz", archive::packed_files(archive_write_set_format_ustar, archive_write_add_filter_gzip,
                                               {{"readme.txt", "hello"}, {two.name, two.content}}));
  EXPECT_EQ(settle("mixed.tar.gz").state, "failed");
  EXPECT_EQ(settle("mixed.tar.gz/" + two.name).state, "duplicate");
  const std::string failed = "failed/" + prefix + "in/mixed.tar.gz";
  EXPECT_TRUE(eventually([&] { return content(failed).has_value(); }));
  EXPECT_THAT(content(failed + ".reason.txt").value_or(""), ::testing::HasSubstr("readme.txt: No definition"));
}

TEST_F(S3Source, AnObjectThatCannotBeReadGoesToFailedWithItsReasonBesideIt) {
  start();
  put("in/bookings-wrong.csv", "booking,restaurant\r\n1,2\r\n");
  EXPECT_EQ(settle("bookings-wrong.csv").state, "failed");
  const std::string failed = "failed/" + prefix + "in/bookings-wrong.csv";
  EXPECT_TRUE(eventually([&] { return !content(prefix + "in/bookings-wrong.csv"); }));
  EXPECT_TRUE(content(failed));
  EXPECT_THAT(content(failed + ".reason.txt").value_or(""), ::testing::HasSubstr("restaurant_id"));
}

TEST_F(S3Source, AnObjectThatMayNotBeReadFailsOnceAndARestartSaysNothingNewOfIt) {
  const Environment lists_only = {{"AWS_ACCESS_KEY_ID", "lister"}, {"AWS_SECRET_ACCESS_KEY", "lister-secret"}};
  start(lists_only);
  put("in/bookings-closed.csv", bookings.next_file(10).content);
  EXPECT_TRUE(eventually([&] { return stack.receipts()["bookings-closed.csv"].state == "failed"; },
                         std::chrono::seconds(150)))  // eight tries within about a minute
      << stack.log("ingest");
  EXPECT_THAT(stack.receipts()["bookings-closed.csv"].error, ::testing::HasSubstr("may not be read"));
  EXPECT_TRUE(content(prefix + "in/bookings-closed.csv")) << "it stays where it is";

  stack.kill_hard("ingest");
  const std::size_t before = stack.log("ingest").size();
  start_ingest(lists_only);
  put("in/bookings-other.csv", bookings.next_file(10).content);
  const auto said = [&] { return stack.log("ingest").substr(before); };
  EXPECT_TRUE(eventually([&] { return said().find("bookings-other.csv") != std::string::npos; }))
      << "the bucket was listed since\n" << said();
  EXPECT_EQ(said().find("bookings-closed.csv"), std::string::npos) << said();
  EXPECT_EQ(stack.receipts().size(), 1U);
}

TEST_F(S3Source, AnObjectThatIsLeftWhereItIsIsReadOnceAndAgainOnlyWhenItChanges) {
  start({{"SLUICE_S3_AFTER", "keep"}});
  put("in/bookings.csv", std::string(kHeader) + "b1,r1,Alpha,c1,Ann,\"90,04 €\",2,31/01/2017,Italia\r\n");
  EXPECT_EQ(settle("bookings.csv").records, 1U);
  expect_report({{{"r1", "Alpha", "Italia", "2017_01", "EUR"}, {1, 2, 9004}}});
  const std::string first = stack.receipts()["bookings.csv"].id;

  stack.kill_hard("ingest");
  start_ingest({{"SLUICE_S3_AFTER", "keep"}});
  put("in/bookings-2.csv", std::string(kHeader) + "b2,r1,Alpha,c1,Ann,\"9,96 €\",3,01/01/2017,Italia\r\n");
  EXPECT_EQ(settle("bookings-2.csv").records, 1U);  // so the bucket was listed since
  EXPECT_EQ(stack.receipts().size(), 2U);
  EXPECT_EQ(stack.receipts()["bookings.csv"].id, first);

  put("in/bookings.csv", std::string(kHeader) + "b1,r2,Beta,c1,Ann,£12.34,4,01/02/2017,Italia\r\n");
  expect_report({{{"r1", "Alpha", "Italia", "2017_01", "EUR"}, {1, 3, 996}},
                 {{"r2", "Beta", "Italia", "2017_02", "GBP"}, {1, 4, 1234}}});
  EXPECT_TRUE(content(prefix + "in/bookings.csv"));
}

TEST_F(S3Source, ADefinitionHasPrefixesOfItsOwnAndSaysWhatBecomesOfTheirObjects) {
  const auto with = [&](const std::string& name, const std::string& s3) {
    std::string text = bookings_definition();
    const std::string files = "\"bookings*.csv\"";
    text.replace(text.find(files), files.size(), "\"" + name + "*.csv\", s3: " + s3);
    for (const std::string& own : {std::string("dataset: bookings"), std::string("monthly_restaurants_report")}) {
      for (std::size_t at = text.find(own); at != std::string::npos; at = text.find(own, at + own.size())) {
        text.insert(at + own.size(), "_" + name);
      }
    }
    stack.write_definition(name + ".yaml", text);
  };
  with("tagged", "{ prefix: " + prefix + "tagged/, after: tag }");
  with("deleted", "{ prefix: " + prefix + "deleted/, after: delete }");
  start();
  const BookingFile file = bookings.next_file(50);
  put("tagged/tagged-1.csv", file.content);
  put("deleted/deleted-1.csv", file.content);
  put("deleted/other-1.csv", file.content);  // not the name of a file of that dataset
  EXPECT_EQ(settle("tagged-1.csv").records, 50U);
  EXPECT_EQ(settle("deleted-1.csv").records, 50U);
  EXPECT_TRUE(eventually([&] {
    const auto tags = client.tags(kBucket, prefix + "tagged/tagged-1.csv");
    return tags && *tags == s3::Client::Tags{{"sluice", "done"}};
  }));
  EXPECT_TRUE(eventually([&] { return !content(prefix + "deleted/deleted-1.csv"); }));
  EXPECT_TRUE(content(prefix + "deleted/other-1.csv"));
  EXPECT_EQ(stack.receipts().size(), 2U);
}

TEST_F(S3Source, AnEventMakesTheListingComeAtOnce) {
  start({{"SLUICE_S3_POLL_MS", "86400000"}});
  const BookingFile file = bookings.next_file(10);
  put("in/" + file.name, file.content);
  const auto tell = [&](const std::string& body) {
    return http::post("127.0.0.1", static_cast<std::uint16_t>(stack.port("ingest")), "/v1/hints/s3", body);
  };
  const auto told = tell(R"({"Records":[{"s3":{"bucket":{"name":"landing"},"object":{"key":")" + prefix +
                         "in/" + file.name + R"("}}}]})");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->status, 202);
  EXPECT_EQ(told->body, R"({"objects":1,"sources":1})");
  EXPECT_EQ(settle(file.name).records, 10U);
  EXPECT_EQ(tell("no event")->status, 400);
}

TEST_F(S3Source, ThousandsOfSmallObjectsAreReadSideBySide) {
  constexpr int kObjects = 2000;
  start();
  std::vector<BookingFile> files;
  for (int i = 0; i < kObjects; ++i) files.push_back(bookings.next_file(3));
  std::vector<std::thread> writers;
  for (std::size_t w = 0; w < 8; ++w) {
    writers.emplace_back([&, w] {
      for (std::size_t i = w; i < files.size(); i += 8) put("in/small/" + files[i].name, files[i].content);
    });
  }
  for (std::thread& writer : writers) writer.join();
  const auto put_all = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return stack.report() == bookings.report(); }, std::chrono::seconds(200)))
      << stack.receipts().size();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - put_all;
  std::printf("the report of %d objects was right %.1f s after the last was put\n", kObjects, took.count());
  ASSERT_TRUE(eventually([&] { return stack.all_settled(kObjects); }));
  for (const auto& [name, receipt] : stack.receipts()) {
    EXPECT_EQ(receipt.state, "done") << name << ": " << receipt.error;
    EXPECT_EQ(receipt.records, 3U) << name;
  }
  std::size_t left = 1;
  EXPECT_TRUE(eventually([&] {
    left = 0;
    const auto listed = client.list(kBucket, prefix, [&](std::vector<s3::ObjectInfo> page) { left += page.size(); });
    return listed && left == 0;
  })) << left;
}

TEST_F(S3Source, WhileTheServerIsAwayTheFolderGoesOnAndThenTheObjectsDo) {
  start();
  const BookingFile before = bookings.next_file(100);
  put("in/" + before.name, before.content);
  EXPECT_EQ(settle(before.name).state, "done");

  proxy.refuse(true);
  const BookingFile waiting = bookings.next_file(100);
  put("in/" + waiting.name, waiting.content);
  const BookingFile dropped = bookings.next_file(100);
  stack.drop(dropped.name, dropped.content);
  EXPECT_EQ(settle(dropped.name).state, "done");
  EXPECT_EQ(stack.receipts().size(), 2U);
  EXPECT_TRUE(eventually([&] {
    return stack.log("ingest").find("a request to S3 failed") != std::string::npos;
  }));
  EXPECT_EQ(stack.get("ingest", "/livez").status, 200);

  proxy.refuse(false);
  EXPECT_EQ(settle(waiting.name).state, "done");
  expect_report(bookings.report());
}

// More than two chunks of a shard's transaction.
constexpr std::size_t kLargeRows = 250'000;

TEST_F(S3Source, AfterAKillInTheMiddleOfAnObjectItIsReadOnFromTheNextByte) {
  start({{"SLUICE_CRASH_POINT", "ingest.chunk-produced:3"}});
  const BookingFile file = bookings.next_file(kLargeRows);
  put("in/" + file.name, file.content);
  ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); })) << stack.log("ingest");
  EXPECT_TRUE(eventually([&] {
    const Receipt part = stack.receipts()[file.name];
    return part.state == "reading" && part.rows > 0 && part.rows < kLargeRows;
  })) << stack.receipts()[file.name].state;
  proxy.cut(5, 300'000);
  start_ingest();
  const Receipt receipt = settle(file.name);
  EXPECT_EQ(receipt.state, "done") << receipt.error;
  EXPECT_EQ(receipt.records, kLargeRows);
  EXPECT_TRUE(receipt.balances());
  EXPECT_EQ(proxy.cuts(), 5);
  EXPECT_THAT(stack.log("ingest"), ::testing::HasSubstr("reading resumed"));
  expect_report(bookings.report());
}

TEST_F(S3Source, AfterAKillBetweenCopyAndRemovalTheMoveIsFinished) {
  start({{"SLUICE_CRASH_POINT", "ingest.s3-copied"}});
  const BookingFile file = bookings.next_file(20);
  put("in/" + file.name, file.content);
  ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); })) << stack.log("ingest");
  EXPECT_TRUE(content(archived("in/" + file.name)));
  EXPECT_TRUE(content(prefix + "in/" + file.name));
  start_ingest();
  EXPECT_TRUE(eventually([&] { return !content(prefix + "in/" + file.name); })) << stack.log("ingest");
  EXPECT_EQ(settle(file.name).state, "done");
  EXPECT_EQ(stack.receipts().size(), 1U);
  std::size_t copies = 0;
  ASSERT_TRUE(client.list(kBucket, "archive/" + prefix,
                          [&](std::vector<s3::ObjectInfo> page) { copies += page.size(); }));
  EXPECT_EQ(copies, 1U);
  expect_report(bookings.report());
}

TEST_F(S3Source, AnObjectThatIsReplacedWhileItIsReadIsNeverAMixture) {
  start();
  const BookingFile large = bookings.next_file(kLargeRows);
  put("in/bookings-x.csv", large.content);
  ASSERT_TRUE(eventually([&] {
    const Receipt part = stack.receipts()["bookings-x.csv"];
    return part.state == "reading" && part.rows > 0;
  }));
  put("in/bookings-x.csv", large.content.substr(0, large.content.size() / 2));
  put("in/bookings-whole.csv", large.content);
  // On a slow day the first was read to its end before it was replaced; the whole is then its duplicate.
  const Receipt whole = settle("bookings-whole.csv");
  EXPECT_TRUE(whole.state == "duplicate" || whole.rows == kLargeRows) << whole.state << whole.rows;
  expect_report(bookings.report());
}

}  // namespace
}  // namespace sluice::testing
