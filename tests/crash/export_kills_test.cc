// Exports of the real services, to a folder and to a bucket, asked for as users ask; and kill -9 of the
// loader at each named point in the middle of one: what a reader sees is whole at every moment, and once
// the loader is back the export is done, its snapshot stands once, and nothing else is left.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "common/adapters/http/client.h"
#include "common/adapters/postgres/connection.h"
#include "tests/support/parquet_text.h"
#include "tests/support/s3_server.h"
#include "tests/support/stack.h"
#include "tests/support/stack_settings.h"

namespace sluice::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using nlohmann::json;

constexpr const char* kBucket = "landing";
constexpr const char* kReport = "monthly_restaurants_report";
constexpr std::size_t kRows = 3000;

enum class To { kFolder, kS3, kS3ByTls };

class ExportKills : public ::testing::TestWithParam<To> {
 protected:
  void SetUp() override {
    define("now.csv");
    for (const char* service : {"ingest", "transform", "api"}) stack_.start(service);
    start_loader();
    for (const char* service : Stack::kServices) {
      ASSERT_TRUE(eventually([&] { return stack_.get(service, "/readyz").status == 200; }))
          << service << ":\n" << stack_.log(service);
    }
    const BookingFile file = bookings_.next_file(kRows);
    stack_.drop(file.name, file.content);
    ASSERT_TRUE(eventually([&] { return stack_.report() == bookings_.report(); }))
        << stack_.log("loader");
    postgres::Connection database(settings_.postgres_url);
    const postgres::Rows rows = database.run(
        "SELECT restaurant_id, restaurant_name, country, month, number_of_bookings, "
        "number_of_guests::numeric(38, 12), amount::numeric(38, 12), currency "
        "FROM monthly_restaurants_report ORDER BY 1, 2, 3, 4, 8");
    for (int i = 0; i < rows.size(); ++i) {
      std::string& line = expected_.emplace_back();
      for (int c = 0; c < rows.columns(); ++c) {
        line += (c > 0 ? "|" : "") + std::string(rows.text(i, c));
      }
    }
    ASSERT_GT(expected_.size(), 1000U);
  }
  static bool to_s3() { return GetParam() != To::kFolder; }

  void define(const std::string& current) {
    std::string text = bookings_definition();
    const std::string sink = "postgres: {}";
    const std::string place = to_s3() ? "s3: { prefix: " + prefix_ + " }" : "folder: monthly";
    text.replace(text.find(sink), sink.size(),
                 "export: { " + place + ", current: { file: " + current + ", delimiter: \"|\" } }");
    stack_.write_definition("bookings.yaml", text);
  }
  void start_loader(const std::string& crash_point = "") {
    const TestEnvironment& servers = test_environment();
    const bool by_tls = GetParam() == To::kS3ByTls;
    stack_.start("loader", {{"SLUICE_S3_ENDPOINT", by_tls ? servers.s3_tls : servers.s3},
                            {"AWS_CA_BUNDLE", by_tls ? servers.s3_ca : ""},
                            {"SLUICE_S3_BUCKET", kBucket},
                            {"AWS_ACCESS_KEY_ID", "sluice"},
                            {"AWS_SECRET_ACCESS_KEY", "sluice-secret"},
                            {"SLUICE_CRASH_POINT", crash_point}});
  }
  json request() {
    const auto answer = http::post("127.0.0.1", static_cast<std::uint16_t>(stack_.port("api")),
                                   std::string("/v1/reports/") + kReport + "/exports", "");
    EXPECT_TRUE(answer);
    EXPECT_EQ(answer->status, 202) << answer->body;
    const json made = json::parse(answer->body);
    EXPECT_EQ(answer->header("location"), "/v1/exports/" + made.at("id").get<std::string>());
    return made;
  }
  json look_at(const std::string& id) {
    return json::parse(stack_.get("api", "/v1/exports/" + id).body);
  }

  std::vector<std::string> paths() {
    std::vector<std::string> out;
    if (to_s3()) {
      EXPECT_TRUE(client_.list(kBucket, prefix_, [&](std::vector<s3::ObjectInfo> page) {
        for (const auto& object : page) out.push_back(object.key.substr(prefix_.size()));
      }));
      const auto uploads = client_.uploads(kBucket, prefix_);
      EXPECT_TRUE(uploads);
      for (const s3::Upload& upload : *uploads) out.push_back(upload.key + " (unfinished)");
    } else if (fs::exists(folder_)) {
      for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
        const std::string path = fs::relative(entry.path(), folder_).string();
        if (!entry.is_directory()) out.push_back(path);
        if (entry.is_directory() && fs::is_empty(entry.path())) out.push_back(path + " (empty)");
      }
    }
    std::ranges::sort(out);
    return out;
  }
  std::string content(const std::string& path) {
    if (!to_s3()) return stack_.file("data/out/monthly/" + path);
    std::string bytes;
    const auto object = client_.head(kBucket, prefix_ + path);
    EXPECT_TRUE(object && client_.get(kBucket, prefix_ + path, object->etag, 0, object->bytes, bytes))
        << path;
    return bytes;
  }
  // Each file in sight, also of an export that is not done.
  std::map<std::string, std::string> expect_whole() {
    std::map<std::string, std::string> out;
    for (const std::string& path : paths()) {
      if (path.starts_with(".unfinished") || path.ends_with(")")) continue;
      const std::string bytes = out[path] = content(path);
      if (path == "current/now.csv") {
        EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(bytes, '\n')), expected_.size() + 1);
      } else {
        EXPECT_TRUE(path.starts_with("hist/year=")) << path;
        EXPECT_EQ(read_parquet(bytes).rows, expected_) << path;
      }
    }
    return out;
  }

  StackSettings settings_ = fresh_stack_settings();
  std::string prefix_ = settings_.topic_prefix + "/data/monthly/";
  Stack stack_{settings_};
  fs::path folder_ = fs::path(stack_.home()) / "data/out/monthly";
  BookingsGenerator bookings_{20261201, {.duplicates = 0, .corrections = 0, .bad = 0}};
  std::vector<std::string> expected_;  // the report's rows
  s3::Client client_{s3_settings(), no_environment()};
};

INSTANTIATE_TEST_SUITE_P(Places, ExportKills, ::testing::Values(To::kFolder, To::kS3, To::kS3ByTls),
                         [](const auto& place) {
                           return std::string(place.param == To::kFolder ? "Folder"
                                              : place.param == To::kS3   ? "S3"
                                                                         : "S3ByTls");
                         });

TEST_P(ExportKills, AtEachNamedPointNothingHalfIsSeenAndNothingIsLeft) {
  std::size_t exports = 0;
  for (const char* point : {"export.rows-written", "export.files-noted", "export.hist-published",
                            "export.current-published"}) {
    SCOPED_TRACE(point);
    stack_.kill_hard("loader");
    start_loader(point);
    const std::string id = request().at("id");
    ASSERT_TRUE(eventually([&] { return !stack_.running("loader"); }))
        << "the point was never reached\n" << stack_.log("loader");
    const auto before = expect_whole();
    EXPECT_EQ(look_at(id).at("state"), "running");

    start_loader();
    ASSERT_TRUE(eventually([&] { return look_at(id).at("state") == "done"; }))
        << stack_.log("loader");
    ++exports;
    const json made = look_at(id);
    // Or 3: what a killed loader has asked of the database just before is done all the same, and that may be to take this one.
    EXPECT_GE(made.at("attempts"), 2);
    EXPECT_LE(made.at("attempts"), 3);
    EXPECT_EQ(made.at("rows"), expected_.size());
    EXPECT_EQ(made.at("current_rows"), expected_.size());
    const auto after = expect_whole();
    EXPECT_EQ(after.size(), exports + 1);
    EXPECT_EQ(paths().size(), exports + 1) << ::testing::PrintToString(paths());
    for (const auto& [path, bytes] : before) {  // a snapshot that was seen stays as it was
      ASSERT_TRUE(after.contains(path)) << path;
      EXPECT_EQ(after.at(path), bytes) << path;
    }
  }
}

TEST_P(ExportKills, ManyRequestsAtOnceAreWholeSnapshotsAndTheCommandLineTellsWhereTheyAre) {
  std::array<std::string, 16> ids;
  {
    std::vector<std::jthread> callers;
    for (std::string& id : ids) callers.emplace_back([&] { id = request().at("id"); });
  }
  const std::set<std::string> different(ids.begin(), ids.end());
  for (const std::string& id : different) {
    ASSERT_TRUE(eventually([&] { return look_at(id).at("state") == "done"; }))
        << stack_.log("loader");
  }
  EXPECT_EQ(expect_whole().size(), different.size() + 1);
  EXPECT_EQ(paths().size(), different.size() + 1);

  const auto run = [&](const std::string& arguments) {
    const std::string command = "SLUICE_PORT_BASE=" + std::to_string(stack_.port("api")) +
                                " " SLUICE_CLI " export " + arguments + " 2>&1";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::string out;
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
    return std::pair(WEXITSTATUS(::pclose(pipe)), out);
  };
  const auto [code, said] = run(kReport);
  EXPECT_EQ(code, 0) << said;
  EXPECT_THAT(said, HasSubstr(to_s3() ? "s3://landing/" + prefix_ + "current/now.csv"
                                      : (folder_ / "current/now.csv").string()));
  EXPECT_EQ(expect_whole().size(), different.size() + 2);
  EXPECT_THAT(run("").second, HasSubstr("done"));
  const auto [no_report, sentence] = run("monthly");
  EXPECT_EQ(no_report, 1);
  EXPECT_THAT(sentence, HasSubstr("There is no report 'monthly'"));

  define("renamed.csv");  // while all runs
  EXPECT_TRUE(eventually([&] {
    const auto [exit, where] = run(kReport);
    return exit == 0 && where.find("current/renamed.csv") != std::string::npos;
  }));
  EXPECT_EQ(content("current/renamed.csv"), content("current/now.csv"));
}

}  // namespace
}  // namespace sluice::testing
