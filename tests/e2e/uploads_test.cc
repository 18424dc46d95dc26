// Files that come by HTTP: what a client is told, and what becomes of them whoever dies meanwhile.
#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/archive/test_packing.h"
#include "common/adapters/http/client.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

using namespace std::chrono_literals;
using http::ClientHeaders;
using http::ClientResponse;

constexpr const char* kFormType = "multipart/form-data; boundary=xyz";

std::string gzipped(const std::string& text) {
  return archive::compressed(archive_write_add_filter_gzip, text);
}

std::string part(const std::string& head, const std::string& content) {
  return "--xyz\r\nContent-Disposition: form-data; " + head + "\r\n\r\n" + content + "\r\n";
}

std::string file_part(const BookingFile& file) {
  return part("name=file; filename=\"" + file.name + "\"", file.content);
}

// Gives `text` `times` times, calls `midway` once when half of it is given, and says at the end
// whether that was all.
http::BodySource repeated(std::string text, std::size_t times, std::function<void()> midway,
                          bool whole = true) {
  return [=, at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const std::size_t size = text.size() * times;
    if (midway && at >= size / 2) std::exchange(midway, nullptr)();
    std::size_t have = 0;
    while (have < into.size() && at < size) {
      const std::size_t piece =
          std::min({into.size() - have, size - at, text.size() - at % text.size()});
      std::copy_n(text.data() + at % text.size(), piece, into.data() + have);
      have += piece;
      at += piece;
    }
    if (at == size && !whole) return fail("the client went away");
    return have;
  };
}

class Uploads : public ::testing::Test {
 protected:
  void start(const std::map<std::string, std::string>& environment = {}) {
    for (const char* service : Stack::kServices) stack.start(service, environment);
    for (const char* service : Stack::kServices) wait_until_ready(service);
  }
  void wait_until_ready(const std::string& service) {
    ASSERT_TRUE(eventually([&] { return stack.get(service, "/readyz").status == 200; }))
        << service << ":\n" << stack.log(service);
  }
  std::uint16_t api() const { return static_cast<std::uint16_t>(stack.port("api")); }
  ClientResponse post(const std::string& query, const std::string& body,
                      const ClientHeaders& headers = {}) const {
    const auto answer = http::post("127.0.0.1", api(), "/v1/uploads" + query, body, headers, 60s);
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : ClientResponse{};
  }
  std::optional<ClientResponse> post_stream(const std::string& query, const ClientHeaders& headers,
                                            const http::BodySource& body) const {
    const auto answer =
        http::post_stream("127.0.0.1", api(), "/v1/uploads" + query, headers, body, 60s);
    return answer ? std::optional(*answer) : std::nullopt;
  }
  void expect_problem(const ClientResponse& answer, int status, const std::string& words) const {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_NE(answer.body.find(words), std::string::npos) << answer.body;
  }
  Receipt settled(const std::string& name) {
    EXPECT_TRUE(eventually([&] {
      const auto all = stack.receipts();
      const auto found = all.find(name);
      return found != all.end() && found->second.balances() &&
             (found->second.state == "done" || found->second.state == "duplicate" ||
              found->second.state == "failed");
    })) << name << " never settled\n" << stack.log("ingest") << stack.log("api");
    return stack.receipts()[name];
  }
  void expect_report() {
    EXPECT_TRUE(eventually([&] { return stack.report() == bookings.report(); }));
    EXPECT_EQ(stack.report(), bookings.report());
  }
  // Of uploads, in whatever state.
  std::size_t files_in_the_spool() const {
    std::size_t out = 0;
    std::error_code error;
    for (std::filesystem::recursive_directory_iterator at(stack.home() + "/data/uploads", error), end;
         !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      if (at->is_regular_file() && !name.starts_with(".upload.json")) ++out;
    }
    return out;
  }

  Stack stack{fresh_stack_settings()};
  BookingsGenerator bookings{20261121};
};

TEST_F(Uploads, RawFormAndGzipBodiesBecomeFilesWithReceiptsThatBalance) {
  start();
  const BookingFile raw = bookings.next_file(300);
  const auto answer = post("?name=" + raw.name, raw.content);
  ASSERT_EQ(answer.status, 202) << answer.body;
  const std::string location(answer.header("location"));
  const auto first = nlohmann::json::parse(answer.body);
  EXPECT_EQ(location, "/v1/files/" + first.at("id").get<std::string>());
  EXPECT_EQ(first.at("source"), "upload");
  EXPECT_EQ(stack.get("api", location).status, 200) << "its receipt is there at once";

  // A form of two files, packed for the way.
  const BookingFile one = bookings.next_file(200), two = bookings.next_file(250);
  const auto form = post("", gzipped(file_part(one) + file_part(two) + "--xyz--\r\n"),
                         {{"content-type", kFormType}, {"content-encoding", "gzip"}});
  ASSERT_EQ(form.status, 202) << form.body;
  EXPECT_EQ(nlohmann::json::parse(form.body).at("files").size(), 2U);

  // A file whose name says nothing, with its dataset declared in a field.
  const BookingFile declared = bookings.next_file(100);
  const auto other = post("", part("name=dataset", "bookings") +
                                  part("name=file; filename=export.txt", declared.content) + "--xyz--",
                          {{"content-type", kFormType}});
  ASSERT_EQ(other.status, 202) << other.body;

  const std::pair<std::string, std::uint64_t> expected[] = {
      {raw.name, 300}, {one.name, 200}, {two.name, 250}, {"export.txt", 100}};
  for (const auto& [name, rows] : expected) {
    const Receipt receipt = settled(name);
    EXPECT_EQ(receipt.state, "done") << name << receipt.error;
    EXPECT_EQ(receipt.rows, rows) << name;
    EXPECT_TRUE(eventually([&, name = name] { return stack.exists("data/archive/" + name); })) << name;
  }
  expect_report();
  EXPECT_EQ(files_in_the_spool(), 0U);
}

TEST_F(Uploads, ARepetitionUnderItsKeyGetsTheFirstAnswerAndDeliversNothing) {
  start();
  const BookingFile file = bookings.next_file(100);
  const ClientHeaders key = {{"idempotency-key", "order 1"}};
  const auto first = post("?name=" + file.name, file.content, key);
  ASSERT_EQ(first.status, 202) << first.body;
  const Receipt receipt = settled(file.name);
  const auto second = post("?name=" + file.name, file.content, key);
  EXPECT_EQ(second.status, 202);
  EXPECT_EQ(second.header("location"), first.header("location"));
  EXPECT_EQ(first.header("location"), "/v1/files/" + receipt.id);
  expect_problem(post("?name=bookings-other.csv", file.content, key), 422, "belongs to an upload");

  // Without a key the same bytes are a delivery that is seen to be one already made.
  EXPECT_EQ(post("?name=bookings-again.csv", file.content).status, 202);
  EXPECT_EQ(settled("bookings-again.csv").state, "duplicate");
  EXPECT_EQ(stack.receipts().size(), 2U);
  expect_report();
}

TEST_F(Uploads, ADryRunTellsWhatWouldBecomeOfAFileAndKeepsNothing) {
  start();
  const BookingFile file = bookings.next_file(300);
  ASSERT_FALSE(file.bad_lines.empty());
  const auto tried = post("?dry_run=true&name=" + file.name, file.content);
  ASSERT_EQ(tried.status, 200) << tried.body;
  const auto diagnosis = nlohmann::json::parse(tried.body);
  EXPECT_EQ(files_in_the_spool(), 0U);

  // Delivered, it gets the receipt that was foretold.
  ASSERT_EQ(post("?name=" + file.name, file.content).status, 202);
  const Receipt receipt = settled(file.name);
  EXPECT_EQ(diagnosis.at("rows"), receipt.rows);
  EXPECT_EQ(diagnosis.at("records"), receipt.records);
  EXPECT_EQ(diagnosis.at("dead_letters"), receipt.dead_letters);
  EXPECT_EQ(diagnosis.at("duplicates"), receipt.duplicates);
  EXPECT_EQ(diagnosis.at("corrections"), receipt.corrections);
  EXPECT_EQ(diagnosis.at("first_dead_letters").at(0).at("line"), file.bad_lines.at(0));

  // A file that no definition takes comes with a definition; once that is there, the file is taken.
  const std::string sales = "sale_no;sold;price\n1;2021-01-23;3.50\n2;2021-01-24;4.25\n";
  const auto unknown = post("?dry_run=true&name=sales-1.csv", sales);
  ASSERT_EQ(unknown.status, 200) << unknown.body;
  const auto proposed = nlohmann::json::parse(unknown.body);
  EXPECT_EQ(proposed.at("records"), 2);
  EXPECT_TRUE(stack.receipts().size() == 1);
  stack.write_definition("sales.yaml", proposed.at("proposal"));
  ASSERT_TRUE(eventually([&] { return post("?name=sales-1.csv", sales).status == 202; }));
  EXPECT_EQ(settled("sales-1.csv").records, 2U);
}

TEST_F(Uploads, WhatCannotBeTakenIsRefusedInWords) {
  start({{"SLUICE_UPLOAD_LIMIT_BYTES", "100000"}});
  expect_problem(post("?name=bookings-1.csv", std::string(100'001, 'x')), 413, "100000 bytes");
  const auto streamed = post_stream("?name=bookings-1.csv", {}, repeated("x,y\n", 100'000, {}));
  ASSERT_TRUE(streamed);
  expect_problem(*streamed, 413, "100000 bytes");
  expect_problem(post("?name=bookings-1.csv", gzipped(std::string(100'001, 'x')),
                      {{"content-encoding", "gzip"}}),
                 413, "unpacked too");
  expect_problem(post("?name=weather.csv", "x\n"), 422, "weather.csv: No definition takes");
  expect_problem(post("?name=x.csv&dataset=nonsense", "x\n"), 422, "no dataset nonsense");
  expect_problem(post("?name=../bookings-1.csv", "x\n"), 422, "must not begin");
  expect_problem(post("", "x\n"), 422, "needs a name");
  expect_problem(post("?name=bookings-1.csv&colour=red", "x\n"), 400, "in its query");
  expect_problem(post("?name=bookings-1.csv", "x\n", {{"content-encoding", "br"}}), 415, "gzip only");
  expect_problem(post("?name=bookings-1.csv", "no gzip", {{"content-encoding", "gzip"}}), 400,
                 "as gzip");
  expect_problem(post("", "--xyz\r\nnonsense", {{"content-type", kFormType}}), 400, "multipart");
  EXPECT_EQ(files_in_the_spool(), 0U);
  EXPECT_TRUE(stack.receipts().empty());
  stack.kill_hard("ingest");
  const auto away = post("?name=bookings-1.csv", "x\n");
  expect_problem(away, 503, "Ingest did not answer");
  EXPECT_EQ(away.header("retry-after"), "5");
}

TEST_F(Uploads, ALargeBodyCostsNoMemoryAndLeavesNothingWhenItBreaksOff) {
  start();
  const std::string rows(64 * 1024, 'x');
  post("?name=nobody-takes-this", "x");  // both have served a first request
  const std::uint64_t api_before = stack.rss_kib("api"), ingest_before = stack.rss_kib("ingest");
  const auto answer =
      post_stream("?name=bookings-1.csv", {}, repeated(rows, 1500, {}, false));
  EXPECT_FALSE(answer && answer->status < 400);
  EXPECT_LT(stack.rss_kib("api") - api_before, 16U * 1024) << "of 94 MiB";
  EXPECT_LT(stack.rss_kib("ingest") - ingest_before, 16U * 1024) << "of 94 MiB";
  EXPECT_TRUE(eventually([&] { return files_in_the_spool() == 0; }));
  EXPECT_TRUE(stack.receipts().empty());
}

TEST_F(Uploads, AnUploadDuringWhichTheApiOrIngestIsKilledComesOnceWhenItIsRepeated) {
  start();
  for (const char* service : {"api", "ingest"}) {
    SCOPED_TRACE(service);
    const BookingFile file = bookings.next_file(4000);
    const ClientHeaders key = {{"idempotency-key", std::string("through ") + service}};
    const auto broken =
        post_stream("?name=" + file.name, key,
                    repeated(file.content, 1, [&] { stack.kill_hard(service); }));
    EXPECT_TRUE(!broken || broken->status == 503) << broken->body;
    stack.start(service);
    wait_until_ready(service);
    EXPECT_TRUE(eventually([&] { return files_in_the_spool() == 0; })) << "its half is swept away";
    const auto answer = post("?name=" + file.name, file.content, key);
    ASSERT_EQ(answer.status, 202) << answer.body;
    EXPECT_EQ(settled(file.name).rows, 4000U);
  }
  EXPECT_EQ(stack.receipts().size(), 2U);
  expect_report();
}

TEST_F(Uploads, AnUploadIsNeitherLostNorDoubledWhereverIngestIsKilledBehindIt) {
  start();
  std::size_t files = 0;
  for (const char* point :
       {"ingest.upload-kept", "ingest.before-announce", "ingest.after-announce", "ingest.before-archive"}) {
    SCOPED_TRACE(point);
    stack.kill_hard("ingest");
    stack.start("ingest", {{"SLUICE_CRASH_POINT", point}});
    wait_until_ready("ingest");
    const BookingFile file = bookings.next_file(300);
    ++files;
    const ClientHeaders key = {{"idempotency-key", point}};
    post("?name=" + file.name, file.content, key);
    ASSERT_TRUE(eventually([&] { return !stack.running("ingest"); }))
        << "the point was never reached\n" << stack.log("ingest");
    stack.start("ingest");
    wait_until_ready("ingest");
    const auto again = post("?name=" + file.name, file.content, key);
    ASSERT_EQ(again.status, 202) << again.body;
    const Receipt receipt = settled(file.name);
    EXPECT_EQ(receipt.state, "done") << receipt.error;
    EXPECT_EQ(again.header("location"), "/v1/files/" + receipt.id);
    EXPECT_TRUE(eventually([&] { return stack.exists("data/archive/" + file.name); }));
  }
  EXPECT_EQ(stack.receipts().size(), files);
  expect_report();
}

}  // namespace
}  // namespace sluice::testing
