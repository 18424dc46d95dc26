// The API's handlers behind a real server, on a real PostgreSQL: filters, order, paging while rows
// change, exact digits, ETags; and every answer against the OpenAPI document.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "common/adapters/http/client.h"
#include "common/adapters/http/request_text.h"
#include "common/adapters/http/server.h"
#include "common/adapters/postgres/connection.h"
#include "common/adapters/postgres/pool.h"
#include "services/api/core/catalogue.h"
#include "services/api/handlers.h"
#include "tests/support/environment.h"

namespace sluice::api {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* kTables = R"sql(
CREATE SCHEMA _sluice;
CREATE TABLE _sluice.reports (name text PRIMARY KEY, revision bigint, updated_at timestamptz);
CREATE TABLE _sluice.files (id text PRIMARY KEY, place bigint, name text, path text, dataset text,
  source text, sha256 text, bytes bigint, state text, rows bigint, published bigint, records bigint,
  dead_letters bigint, duplicates bigint, corrections bigint, late bigint, duplicate_of text, error text,
  started_at timestamptz, finished_at timestamptz, event_time_max timestamptz, _offset bigint);
CREATE TABLE _sluice.dead_letters (id text PRIMARY KEY, dataset text, file text, file_name text,
  entry int, line bigint, "column" text, rule text, reason text, "row" text, stage text,
  created_at timestamptz, context text, retry text, attempts bigint NOT NULL DEFAULT 1,
  state text NOT NULL DEFAULT 'open', resolved_at timestamptz, resolved_by text, note text, _offset bigint);
CREATE TABLE _sluice.exports (id text PRIMARY KEY, report text, state text, trigger text,
  slot timestamptz, requested_at timestamptz DEFAULT now(), started_at timestamptz,
  finished_at timestamptz, next_try_at timestamptz, attempts bigint DEFAULT 0, taken_at timestamptz,
  revision bigint, rows bigint, current text, current_bytes bigint, hist text, hist_bytes bigint,
  error text, current_rows bigint, current_revision bigint);
CREATE TABLE _sluice.export_keys (key text PRIMARY KEY, report text NOT NULL, location text, answer text,
  made_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX ON _sluice.exports (report) WHERE state = 'queued';
CREATE TABLE _sluice.replays (id text PRIMARY KEY, dataset text NOT NULL, report text, trigger text, state text,
  stage text, swap boolean, "from" text, beginning text, generation int, requested_at timestamptz DEFAULT now(),
  compared_at timestamptz, swapped_at timestamptz, finished_at timestamptz, progress text, diff text, error text);
CREATE UNIQUE INDEX ON _sluice.replays (dataset) WHERE state = 'running';
CREATE TABLE public.monthly (country text, month text, bookings bigint, amount numeric, opened date,
  last_at timestamptz, _revision bigint, PRIMARY KEY (country, month));
INSERT INTO _sluice.reports VALUES ('monthly', 7, '2026-01-31T12:00:00.25Z');
INSERT INTO monthly VALUES
  ('France', '2017_01', 3, 617087.510, '2017-01-31', '2017-01-31T10:00:00Z', 1),
  ('France', '2017_02', 5, 0.10, NULL, NULL, 1),
  ('España', '2017_01', 5, 397999.18, '2016-02-29', '2017-01-31T10:00:00.5Z', 1),
  ('Italia', '2017_01', 1, NULL, NULL, NULL, 1),
  ('a "quoted", one', '2016_12', 0, -12345678901234567890.123456789, NULL, NULL, 1);
INSERT INTO _sluice.files (id, place, name, dataset, source, bytes, state, rows, records, dead_letters,
    duplicates, corrections, late, started_at, finished_at, event_time_max)
  SELECT n || '-ab', n, 'bookings' || n || '.csv', 'bookings', 'folder', 10, 'done',
    4, 1, 1, 1, 1, 0, now(), '2020-01-01T00:00:00Z', '2017-03-10T00:00:00Z'::timestamptz - n * interval '1 day'
  FROM generate_series(1, 30) n;
INSERT INTO _sluice.dead_letters
  SELECT '1-ab:0:' || n, 'bookings', '1-ab', 'bookings1.csv', 0, n, 'date', 'type.date',
         '''31/31/2015'' is no date', 'a,b', 'ingest', now() FROM generate_series(2, 12) n;
)sql";

std::vector<Dataset> datasets() {
  const auto column = [](const char* name, ColumnType type, bool in_key) {
    ReportColumn out;
    out.name = name;
    out.type = type;
    out.in_key = in_key;
    out.kind = in_key ? ReportColumnKind::kGroup : ReportColumnKind::kMeasure;
    return out;
  };
  ReportSpec monthly;
  monthly.name = "monthly";
  monthly.columns = {column("country", ColumnType::kString, true),
                     column("month", ColumnType::kString, true),
                     column("bookings", ColumnType::kInteger, false),
                     column("amount", ColumnType::kDecimal, false),
                     column("opened", ColumnType::kDate, false),
                     column("last_at", ColumnType::kTimestamp, false)};
  monthly.exported = ExportSpec{};
  ReportSpec unborn;
  unborn.name = "unborn";
  unborn.columns = {column("country", ColumnType::kString, true)};
  ReportSpec exported = unborn;
  exported.name = "exported";
  exported.exported = ExportSpec{};
  monthly.window = WindowSpec{{}, "month", "%Y_%m"};
  Dataset out;
  out.name = "bookings";
  out.columns.resize(1);
  out.event_time = 0;
  out.allowed_lateness_seconds = 2 * 86'400;
  out.reports = {monthly, unborn, exported};
  return {out};
}

// Whether a value fits a JSON Schema; the parts of it that our document uses. Returns what is
// wrong.
class SchemaChecker {
 public:
  explicit SchemaChecker(const json& document) : document_(document) {}

  std::string check(const json& value, const json& schema_or_reference,
                    const std::string& at = "$") const {
    const json& schema = resolved(schema_or_reference);
    if (schema.contains("enum") &&
        std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
      return at + " is none of the enum";
    }
    if (schema.contains("type") && !has_type(value, schema["type"]))
      return at + " has another type: " + value.dump();
    if (value.is_object()) return check_object(value, schema, at);
    if (value.is_array() && schema.contains("items")) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (auto why = check(value[i], schema["items"], fmt::format("{}[{}]", at, i)); !why.empty())
          return why;
      }
    }
    return {};
  }

  const json& resolved(const json& schema) const {
    if (!schema.contains("$ref")) return schema;
    return document_.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }

 private:
  std::string check_object(const json& value, const json& schema, const std::string& at) const {
    const json none = json::object();
    const json& properties = schema.contains("properties") ? schema["properties"] : none;
    for (const auto& name : schema.value("required", json::array())) {
      if (!value.contains(name.get<std::string>())) return at + " lacks " + name.get<std::string>();
    }
    for (const auto& [name, member] : value.items()) {
      if (properties.contains(name)) {
        if (auto why = check(member, properties[name], at + "." + name); !why.empty()) return why;
      } else if (!schema.value("additionalProperties", true)) {
        return at + " has an unknown " + name;
      }
    }
    return {};
  }

  static bool has_type(const json& value, const json& type) {
    if (type.is_array()) {
      return std::any_of(type.begin(), type.end(),
                         [&](const json& each) { return has_type(value, each); });
    }
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    return (type == "string" && value.is_string()) || (type == "object" && value.is_object()) ||
           (type == "array" && value.is_array()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null());
  }

  const json& document_;
};

// A database of its own for the suite, with the tables as the loader makes them.
std::string make_database() {
  const std::string url = sluice::testing::fresh_database();
  postgres::Connection connection(url);
  std::string_view rest = kTables;
  while (rest.find(';') != std::string_view::npos) {
    const std::size_t end = rest.find(';');
    connection.run(std::string(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  return url;
}

class ApiTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { database_ = make_database(); }

  void SetUp() override {
    serve(database_);
    document_ = json::parse(get("/openapi.json").body);
  }

  void serve(const std::string& url) {
    server_.reset();
    pool_ = std::make_unique<postgres::Pool>(url, 4);
    server_ = std::make_unique<http::Server>("127.0.0.1", 0);
    register_routes(
        *server_, std::make_shared<Database>(*pool_), [this] { return catalogue_; },
        std::make_shared<IngestClient>("127.0.0.1:1"), 1000);
    server_->start();
  }

  http::ClientResponse get(const std::string& target, const http::ClientHeaders& headers = {}) {
    const auto answer = http::get("127.0.0.1", server_->port(), target, headers);
    if (!answer) throw std::runtime_error(answer.error().message);
    return *answer;
  }
  json rows(const std::string& target) {
    const auto answer = get(target);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return json::parse(answer.body)["rows"];
  }
  // "country month", in the order of the answer.
  std::vector<std::string> keys(const std::string& target) {
    std::vector<std::string> out;
    for (const auto& row : rows(target)) {
      out.push_back(row["country"].get<std::string>().substr(0, 2) + " " +
                    row["month"].get<std::string>());
    }
    return out;
  }
  // Checks an answer against what the document says of its path.
  void expect_documented(const std::string& path, const http::ClientResponse& answer, const char* method = "get") {
    const SchemaChecker checker(document_);
    const json& responses = document_["paths"][path][method]["responses"];
    const std::string status = std::to_string(answer.status);
    ASSERT_TRUE(responses.contains(status)) << path << " " << status;
    const json& content = checker.resolved(responses[status])["content"];
    std::string type(answer.header("content-type"));
    type = type.substr(0, type.find(';'));
    ASSERT_TRUE(content.contains(type)) << path << " " << type;
    if (type.find("json") == std::string::npos || type.find("ndjson") != std::string::npos) return;
    EXPECT_THAT(checker.check(json::parse(answer.body), content[type]["schema"]), IsEmpty())
        << path;
  }

  static inline std::string database_;  // its URL
  std::shared_ptr<const Catalogue> catalogue_ = make_catalogue(datasets());
  std::unique_ptr<postgres::Pool> pool_;
  std::unique_ptr<http::Server> server_;
  json document_;
};

TEST_F(ApiTest, FiltersAndOrdersByTypedValues) {
  EXPECT_THAT(keys("/v1/reports/monthly"),
              ElementsAre("Es 2017_01", "Fr 2017_01", "Fr 2017_02", "It 2017_01", "a  2016_12"));
  EXPECT_THAT(keys("/v1/reports/monthly?country=France"), ElementsAre("Fr 2017_01", "Fr 2017_02"));
  EXPECT_THAT(keys("/v1/reports/monthly?month[gte]=2017_01&bookings[lt]=5"),
              ElementsAre("Fr 2017_01", "It 2017_01"));
  EXPECT_THAT(keys("/v1/reports/monthly?bookings[in]=0,1"),
              ElementsAre("It 2017_01", "a  2016_12"));
  EXPECT_THAT(keys("/v1/reports/monthly?country[in]=France,a%20%22quoted%22%5C,%20one"),
              ElementsAre("Fr 2017_01", "Fr 2017_02", "a  2016_12"));
  EXPECT_THAT(keys("/v1/reports/monthly?country[prefix]=Fr&amount[gt]=0.10"),
              ElementsAre("Fr 2017_01"));
  EXPECT_THAT(keys("/v1/reports/monthly?amount[null]=true"), ElementsAre("It 2017_01"));
  EXPECT_THAT(keys("/v1/reports/monthly?opened=2016-02-29"), ElementsAre("Es 2017_01"));
  EXPECT_THAT(keys("/v1/reports/monthly?last_at[gt]=2017-01-31T10:00:00Z"),
              ElementsAre("Es 2017_01"));
  EXPECT_THAT(keys("/v1/reports/monthly?order=-bookings,month&limit=2"),
              ElementsAre("Es 2017_01", "Fr 2017_02"));
  EXPECT_THAT(keys("/v1/reports/monthly?order=amount"),
              ElementsAre("a  2016_12", "Fr 2017_02", "Es 2017_01", "Fr 2017_01", "It 2017_01"));
}

TEST_F(ApiTest, AmountsAreExactInEveryFormat) {
  const std::string filter = "/v1/reports/monthly?country[ne]=Italia";
  EXPECT_THAT(get(filter).body,
              AllOf(HasSubstr("\"amount\":617087.510,"), HasSubstr("\"amount\":0.10,"),
                    HasSubstr("\"amount\":-12345678901234567890.123456789,")));
  const auto csv = get(filter, {{"Accept", "text/csv"}});
  EXPECT_THAT(csv.header("content-type"), StartsWith("text/csv"));
  EXPECT_THAT(
      csv.body,
      AllOf(
          StartsWith("country,month,bookings,amount,opened,last_at\n"),
          HasSubstr("España,2017_01,5,397999.18,2016-02-29,2017-01-31T10:00:00.5Z\n"),
          HasSubstr("\"a \"\"quoted\"\", one\",2016_12,0,-12345678901234567890.123456789,,\n")));
  const auto lines = get(filter + "&format=ndjson");
  EXPECT_EQ(lines.header("content-type"), "application/x-ndjson");
  EXPECT_EQ(std::count(lines.body.begin(), lines.body.end(), '\n'), 4);
}

TEST_F(ApiTest, CsvAndNdjsonHaveAllThatAPageMayHoldAndSayWhenThereIsMore) {
  postgres::Connection writer(database_);
  writer.run("CREATE TABLE public.unborn (country text PRIMARY KEY, _revision bigint)");
  writer.run("INSERT INTO unborn SELECT 'c' || n, 1 FROM generate_series(1, 10000) n");
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  EXPECT_EQ(json::parse(get("/v1/reports/unborn").body)["rows"].size(), 100u);
  EXPECT_EQ(lines(get("/v1/reports/unborn?format=csv&limit=7").body), 1 + 7);
  auto csv = get("/v1/reports/unborn", {{"Accept", "text/csv"}});
  EXPECT_EQ(lines(csv.body), 1 + 10'000);
  EXPECT_EQ(csv.header("sluice-next-cursor"), "") << "that is all";
  writer.run("INSERT INTO unborn VALUES ('one more', 1)");
  csv = get("/v1/reports/unborn?format=csv");
  EXPECT_EQ(lines(csv.body), 1 + 10'000);
  const std::string cursor(csv.header("sluice-next-cursor"));
  EXPECT_EQ(get("/v1/reports/unborn?format=csv&cursor=" + cursor).body, "country\none more\n");
  EXPECT_EQ(lines(get("/v1/reports/unborn?format=ndjson").body), 10'000);
  writer.run("DROP TABLE public.unborn");
}

TEST_F(ApiTest, PagesInAnyOrderMeetEveryRowOnce) {
  for (const std::string order : {"", "&order=-amount", "&order=amount", "&order=bookings,-month",
                                  "&order=-opened", "&order=last_at", "&order=-country,-month"}) {
    std::multiset<std::string> met;
    std::string cursor;
    do {
      const auto page = json::parse(get("/v1/reports/monthly?limit=2" + order + cursor).body);
      ASSERT_TRUE(page.contains("rows")) << order << page;
      for (const auto& row : page["rows"])
        met.insert(row["country"].get<std::string>() + row["month"].get<std::string>());
      cursor = page["next"].is_null() ? "" : "&cursor=" + page["next"].get<std::string>();
    } while (!cursor.empty());
    EXPECT_EQ(met.size(), 5u) << order;
    EXPECT_EQ(std::set<std::string>(met.begin(), met.end()).size(), 5u) << order;
  }
}

TEST_F(ApiTest, AWalkMeetsEveryRowOnceWhileRowsAreWritten) {
  postgres::Connection writer(database_);
  writer.run("CREATE TABLE public.unborn (country text PRIMARY KEY, _revision bigint)");
  writer.run("INSERT INTO unborn SELECT 'c' || n, 1 FROM generate_series(1, 2000) n");
  std::atomic<bool> stop = false;
  std::thread updates([&] {
    for (int round = 0; !stop; ++round) {
      writer.run(fmt::format(
          "UPDATE unborn SET _revision = _revision + 1 WHERE hashtext(country) % 7 = {}",
          round % 7));
      writer.run(fmt::format("INSERT INTO unborn VALUES ('new{}', 1)", round));
    }
  });
  std::multiset<std::string> met;
  std::string cursor;
  do {
    const auto page = json::parse(get("/v1/reports/unborn?limit=50" + cursor).body);
    for (const auto& row : page["rows"]) met.insert(row["country"].get<std::string>());
    cursor = page["next"].is_null() || met.size() > 5000
                 ? ""
                 : "&cursor=" + page["next"].get<std::string>();
  } while (!cursor.empty());
  stop = true;
  updates.join();
  for (int n = 1; n <= 2000; ++n) EXPECT_EQ(met.count("c" + std::to_string(n)), 1u) << n;
  EXPECT_EQ(std::set<std::string>(met.begin(), met.end()).size(), met.size());
  writer.run("DROP TABLE public.unborn");
}

TEST_F(ApiTest, AnETagStandsForTheRevision) {
  const auto first = get("/v1/reports/monthly");
  const std::string etag(first.header("etag"));
  EXPECT_THAT(etag, StartsWith("\"7-"));
  EXPECT_EQ(get("/v1/reports/monthly", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(get("/v1/reports/monthly", {{"If-None-Match", etag}, {"Accept", "text/csv"}}).status,
            200);
  postgres::Connection writer(database_);
  writer.run("UPDATE _sluice.reports SET revision = 8 WHERE name = 'monthly'");
  const auto second = get("/v1/reports/monthly", {{"If-None-Match", etag}});
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(json::parse(second.body)["revision"], 8);
  writer.run("UPDATE _sluice.reports SET revision = 7 WHERE name = 'monthly'");
}

TEST_F(ApiTest, AReportWithoutATableYetIsEmpty) {
  const auto page = json::parse(get("/v1/reports/unborn").body);
  EXPECT_THAT(page["rows"], IsEmpty());
  EXPECT_EQ(page["revision"], 0);
  EXPECT_TRUE(page["next"].is_null());
  EXPECT_EQ(get("/v1/reports/unborn?format=csv").body, "country\n");
}

TEST_F(ApiTest, MistakesAreProblemsThatHelp) {
  EXPECT_THAT(get("/v1/reports/nope").body,
              AllOf(HasSubstr("'nope'"), HasSubstr("exported, monthly, unborn")));
  EXPECT_EQ(get("/v1/reports/nope").status, 404);
  EXPECT_EQ(get("/v1/reports/monthly?contry=x").status, 400);
  EXPECT_THAT(get("/v1/reports/monthly?contry=x").body, HasSubstr("country, month, bookings"));
  EXPECT_EQ(get("/v1/reports/monthly", {{"Accept", "image/png"}}).status, 406);
  EXPECT_EQ(get("/v1/reports/monthly?format=xml").status, 400);
  EXPECT_EQ(get("/v1/files/none").status, 404);
  const std::string attack = http::percent_encode("x' OR '1'='1");
  EXPECT_THAT(rows("/v1/reports/monthly?country=" + attack), IsEmpty());
}

TEST_F(ApiTest, FilesAndDeadLettersAreListedAndPaged) {
  const auto page = json::parse(get("/v1/files?limit=2&state=done").body);
  EXPECT_EQ(page["files"][0]["id"], "30-ab");
  EXPECT_EQ(page["files"][1]["id"], "29-ab");
  const auto next = json::parse(
      get("/v1/files?limit=2&state=done&cursor=" + page["next"].get<std::string>()).body);
  EXPECT_EQ(next["files"][0]["id"], "28-ab");
  EXPECT_EQ(json::parse(get("/v1/files/7-ab").body)["name"], "bookings7.csv");
  EXPECT_THAT(json::parse(get("/v1/files?name=bookings3.csv").body)["files"].size(), 1u);
  const auto letters =
      json::parse(get("/v1/dead-letters?dataset=bookings&file=1-ab&rule=type.date&limit=3").body);
  EXPECT_EQ(letters["dead_letters"].size(), 3u);
  EXPECT_EQ(letters["dead_letters"][0]["line"], 2);
  EXPECT_EQ(letters["dead_letters"][2]["line"], 4);
  EXPECT_EQ(letters["dead_letters"][0]["row"], "a,b");
  EXPECT_FALSE(letters["next"].is_null());
  EXPECT_THAT(json::parse(get("/v1/dead-letters?dataset=other").body)["dead_letters"], IsEmpty());
}

TEST_F(ApiTest, DeadLettersAreGroupedShownCountedAndDiscardedAsTheDocumentSays) {
  postgres::Connection writer(database_);
  writer.run("INSERT INTO _sluice.files (id, state) VALUES ('50-ab', 'failed')");
  writer.run("INSERT INTO _sluice.dead_letters (id, dataset, file, file_name, entry, line, \"column\", rule, reason, "
             "\"row\", stage, created_at, context) SELECT f || ':0:' || n, 'mended', f, 'm.csv', 0, n, 'day', 'type.date', "
             "'day \"x\" is no date', 'é,x', 'ingest', now(), CASE WHEN n = 1 THEN NULL ELSE "
             "'{\"delimiter\":\",\",\"format\":\"csv\",\"header\":\"id,day\",\"path\":{},\"quote\":\"\\\"\"}' END "
             "FROM generate_series(1, 3) n, unnest(ARRAY['40-ab', '50-ab']) f");
  const auto groups = get("/v1/dead-letters/groups?dataset=mended");
  expect_documented("/v1/dead-letters/groups", groups);
  const json group = json::parse(groups.body)["groups"][0];
  EXPECT_EQ(group["open"], 6);
  EXPECT_EQ(group["retriable"], 4);
  EXPECT_EQ(group["example"]["id"], "40-ab:0:1");
  expect_documented("/v1/dead-letters/groups", get("/v1/dead-letters/groups?rule=x"));

  const auto shown = get("/v1/dead-letters/40-ab:0:2");
  expect_documented("/v1/dead-letters/{id}", shown);
  EXPECT_EQ(json::parse(shown.body)["cell"], (json{{"start", 2}, {"length", 1}}));
  EXPECT_TRUE(json::parse(get("/v1/dead-letters/40-ab:0:1").body)["cell"].is_null());
  expect_documented("/v1/dead-letters/{id}", get("/v1/dead-letters/none"));

  const auto post = [&](const std::string& what, const std::string& body) {
    const auto answer = http::post("127.0.0.1", server_->port(), "/v1/dead-letters/" + what, body);
    if (!answer) throw std::runtime_error(answer.error().message);
    return *answer;
  };
  const auto dry = post("retry?dry_run=true", R"({"dataset":"mended"})");
  EXPECT_EQ(dry.status, 200) << dry.body;
  expect_documented("/v1/dead-letters/retry", dry, "post");
  EXPECT_EQ(json::parse(dry.body)["letters"], 2);
  EXPECT_EQ(json::parse(dry.body)["not_retriable"][0]["letters"], 1);
  EXPECT_EQ(json::parse(dry.body)["not_retriable"][1]["letters"], 3) << "of a file that failed";
  const auto away = post("retry", R"({"dataset":"mended"})");
  EXPECT_EQ(away.status, 503) << "ingest is not there";
  expect_documented("/v1/dead-letters/retry", away, "post");
  const auto wrong = post("retry", R"({"datasets":"mended"})");
  EXPECT_EQ(wrong.status, 400);
  expect_documented("/v1/dead-letters/retry", wrong, "post");
  EXPECT_EQ(post("retry?dry_run=perhaps", R"({"dataset":"mended"})").status, 400);

  const auto discarded = post("discard", R"({"dataset":"mended","file":"50-ab","note":"O'Hara's"})");
  expect_documented("/v1/dead-letters/discard", discarded, "post");
  EXPECT_EQ(json::parse(discarded.body)["discarded"], 3);
  EXPECT_EQ(discarded.header("sluice-result"), "3 dead letters of mended");
  EXPECT_EQ(json::parse(post("discard", R"({"dataset":"mended","file":"50-ab"})").body)["discarded"], 0) << "twice";
  EXPECT_EQ(json::parse(get("/v1/dead-letters?dataset=mended").body)["dead_letters"].size(), 3u);
  const auto gone = get("/v1/dead-letters?dataset=mended&state=discarded");
  expect_documented("/v1/dead-letters", gone);
  EXPECT_EQ(json::parse(gone.body)["dead_letters"][0]["note"], "O'Hara's");
  EXPECT_EQ(json::parse(get("/v1/dead-letters?dataset=mended&state=all").body)["dead_letters"].size(), 6u);
  EXPECT_EQ(get("/v1/dead-letters?state=lost").status, 400);
  writer.run("DELETE FROM _sluice.dead_letters WHERE dataset = 'mended'");
  writer.run("DELETE FROM _sluice.files WHERE id = '50-ab'");
}

TEST_F(ApiTest, AStateThatThereIsNotIsAProblemThatNamesThoseThereAre) {
  const auto answer = get("/v1/files?state=finished");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("There is no state 'finished'. There are found, waiting, reading, done"));
  expect_documented("/v1/files", answer);
}

TEST_F(ApiTest, APageOfLargeDeadLettersEndsByItsBytesAndTheNextGoesOn) {
  postgres::Connection writer(database_);
  writer.run("INSERT INTO _sluice.dead_letters SELECT '9-ab:0:' || n, 'large', '9-ab', 'large.csv', 0, n, NULL, "
             "'size', 'too long', repeat(chr(97 + n), 3 << 20), 'ingest', now() FROM generate_series(1, 14) n");
  std::vector<int> lines;
  std::vector<std::size_t> pages;
  std::string cursor;
  do {
    const auto answer = get("/v1/dead-letters?dataset=large&limit=10000" + cursor);
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
    const auto page = json::parse(answer.body);
    pages.push_back(page["dead_letters"].size());
    for (const auto& letter : page["dead_letters"]) {
      lines.push_back(letter["line"]);
      EXPECT_EQ(letter["row"].get<std::string>().size(), 3u << 20) << "whole";
    }
    cursor = page["next"].is_null() ? "" : "&cursor=" + page["next"].get<std::string>();
  } while (!cursor.empty() && pages.size() < 20);
  EXPECT_THAT(pages, ElementsAre(6u, 6u, 2u)) << "16 MiB hold five, and the sixth begins in them";
  EXPECT_THAT(lines, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
  writer.run("DELETE FROM _sluice.dead_letters WHERE dataset = 'large'");
}

TEST_F(ApiTest, AnExportIsAskedForOnceWhileItWaitsAndAgainOnceItRuns) {
  const auto ask = [&](const std::string& report) {
    return *http::post("127.0.0.1", server_->port(), "/v1/reports/" + report + "/exports", "");
  };
  const auto first = ask("monthly");
  EXPECT_EQ(first.status, 202);
  const json made = json::parse(first.body);
  const std::string location(first.header("location"));
  EXPECT_EQ(location, "/v1/exports/" + made["id"].get<std::string>());
  EXPECT_EQ(made["state"], "queued");
  EXPECT_EQ(made["trigger"], "request");
  EXPECT_EQ(ask("monthly").header("location"), location);

  postgres::Connection loader(database_);
  loader.run("UPDATE _sluice.exports SET state = 'running', attempts = 1");
  const auto second = ask("monthly");
  EXPECT_NE(second.header("location"), location);
  EXPECT_EQ(json::parse(get(location).body)["state"], "running");
  EXPECT_EQ(json::parse(get("/v1/exports?report=monthly&state=queued").body)["exports"].size(), 1u);
  expect_documented("/v1/exports", get("/v1/exports"));
  expect_documented("/v1/exports/{id}", get(location));
  expect_documented("/v1/exports/{id}", get("/v1/exports/none"));

  EXPECT_EQ(ask("nope").status, 404);
  const auto without = ask("unborn");
  EXPECT_EQ(without.status, 409);
  EXPECT_THAT(without.body, AllOf(HasSubstr("'unborn' has no export"), HasSubstr("are exported, monthly")));
}

TEST_F(ApiTest, AReplayIsAskedForOneAtATimeAndTellsHowFarItIsAndWhatDiffers) {
  const auto ask = [&](const std::string& body) {
    return *http::post("127.0.0.1", server_->port(), "/v1/replays", body);
  };
  const auto first = ask(R"({"report":"monthly","from":"2017-01-31T00:00:00Z"})");
  ASSERT_EQ(first.status, 202) << first.body;
  const json made = json::parse(first.body);
  const std::string location(first.header("location"));
  EXPECT_EQ(location, "/v1/replays/" + made["id"].get<std::string>());
  EXPECT_EQ(made["dataset"], "bookings");
  EXPECT_EQ(made["state"], "running");
  EXPECT_EQ(made["swap"], false) << "a part is swapped only where that is said";
  EXPECT_EQ(made["progress"], json::array());
  EXPECT_EQ(made["diff"], nullptr);
  expect_documented("/v1/replays/{id}", get(location));
  postgres::Connection loader(database_);
  EXPECT_EQ(loader.run("SELECT beginning FROM _sluice.replays").text(0, 0), R"({"offsets":{},"place":1})")
      << "of files that were found since then the first";

  const auto second = ask(R"({"dataset":"bookings"})");
  EXPECT_EQ(second.status, 409);
  EXPECT_THAT(second.body, HasSubstr(location));
  loader.run("UPDATE _sluice.replays SET state = 'dropped', progress = '[{\"hop\":\"records\",\"read\":1,\"of\":2}]', "
             "diff = '{\"partial\":true,\"reports\":[]}'");
  const auto ended = get(location);
  EXPECT_EQ(json::parse(ended.body)["progress"][0]["of"], 2);
  EXPECT_EQ(json::parse(ended.body)["diff"]["partial"], true);
  expect_documented("/v1/replays/{id}", ended);
  EXPECT_EQ(ask(R"({"dataset":"bookings","from":{"0":7}})").status, 202);
  EXPECT_EQ(json::parse(get("/v1/replays?state=running&from=%7B%220%22%3A7%7D").body)["replays"].size(), 1u);
  expect_documented("/v1/replays", get("/v1/replays"));
  expect_documented("/v1/replays/{id}", get("/v1/replays/none"));
  EXPECT_EQ(ask(R"({"dataset":"nope"})").status, 400);
  EXPECT_EQ(ask("").status, 400);
  loader.run("DELETE FROM _sluice.replays");
}

TEST_F(ApiTest, AnExportThatIsAskedForAgainWithItsKeyIsTheSameOneWhateverBecameOfItFor24Hours) {
  const auto ask = [&](const std::string& report, const std::string& key) {
    return *http::post("127.0.0.1", server_->port(), "/v1/reports/" + report + "/exports", "",
                       {{"Idempotency-Key", key}});
  };
  postgres::Connection loader(database_);
  loader.run("DELETE FROM _sluice.exports");
  const auto first = ask("monthly", "nightly-17");
  ASSERT_EQ(first.status, 202) << first.body;
  loader.run("UPDATE _sluice.exports SET state = 'done'");
  const auto again = ask("monthly", "nightly-17");
  EXPECT_EQ(again.status, 202);
  EXPECT_EQ(again.header("location"), first.header("location"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(json::parse(get("/v1/exports").body)["exports"].size(), 1u);

  const auto of_another = ask("exported", "nightly-17");
  EXPECT_EQ(of_another.status, 422);
  EXPECT_THAT(of_another.body, HasSubstr("for the report 'monthly'"));
  EXPECT_NE(ask("monthly", "nightly-18").header("location"), first.header("location"));
  EXPECT_EQ(ask("monthly", std::string(256, 'k')).status, 400);
  EXPECT_EQ(ask("nope", "another").status, 404);

  loader.run("UPDATE _sluice.exports SET state = 'done'");
  loader.run("UPDATE _sluice.export_keys SET made_at = now() - interval '25 hours'");
  const auto next_day = ask("exported", "nightly-17");
  EXPECT_EQ(next_day.status, 202);
  EXPECT_NE(next_day.header("location"), first.header("location"));
  const postgres::Rows keys = loader.run("SELECT count(*) FROM _sluice.export_keys");
  EXPECT_EQ(keys.integer(0, 0), 1) << "those of the day before are gone";
  loader.run("DELETE FROM _sluice.exports");
}

TEST_F(ApiTest, RequestsWithOneKeyAtTheSameTimeGetOneAnswer) {
  std::vector<std::thread> clients;
  std::vector<std::string> bodies(8);
  for (std::string& body : bodies) {
    clients.emplace_back([&] {
      const auto answer = http::post("127.0.0.1", server_->port(), "/v1/reports/monthly/exports", "",
                                     {{"Idempotency-Key", "at-once"}});
      body = answer ? std::to_string(answer->status) + answer->body : answer.error().message;
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(bodies, ::testing::Each(bodies.front()));
  EXPECT_THAT(bodies.front(), StartsWith("202"));
  postgres::Connection(database_).run("DELETE FROM _sluice.exports");
}

TEST_F(ApiTest, TheListOfReportsTellsRevisionAndFreshness) {
  auto reports = json::parse(get("/v1/reports").body)["reports"];
  ASSERT_EQ(reports.size(), 3u);
  reports.erase(0);
  EXPECT_EQ(reports[0]["name"], "monthly");
  EXPECT_EQ(reports[0]["revision"], 7);
  EXPECT_EQ(reports[0]["updated_at"], "2026-01-31T12:00:00.25Z");
  EXPECT_TRUE(reports[0]["freshness_seconds"].is_number());
  EXPECT_EQ(reports[0]["columns"][3],
            json({{"name", "amount"}, {"type", "decimal"}, {"key", false}, {"kind", "measure"}, {"sums", false}}));
  EXPECT_EQ(reports[1]["revision"], 0);
  EXPECT_TRUE(reports[1]["updated_at"].is_null());
}

// The newest settled file reaches to 9 March; two days of lateness are allowed.
TEST_F(ApiTest, AReportTellsUpToWhenItIsCompleteAndWhichWindowIsTheFirstOpenOne) {
  const json page = json::parse(get("/v1/reports/monthly").body);
  EXPECT_EQ(page["complete_through"], "2017-03-07T00:00:00Z");
  EXPECT_EQ(page["first_open_window"], "2017_03");
  const json list = json::parse(get("/v1/reports").body);
  for (const json& report : list["reports"]) {
    EXPECT_EQ(report["complete_through"], "2017-03-07T00:00:00Z") << report;
    EXPECT_EQ(report["first_open_window"], report["name"] == "monthly" ? json("2017_03") : json()) << report;
  }
}

TEST_F(ApiTest, WhereAFileCompletesAReportItsETagIsAnotherThoughNoRowChanged) {
  const auto before = get("/v1/reports/monthly");
  postgres::Connection database(database_);
  database.run("UPDATE _sluice.files SET event_time_max = '2017-05-05T00:00:00Z' WHERE id = '30-ab'");
  const auto after = get("/v1/reports/monthly", {{"If-None-Match", std::string(before.header("etag"))}});
  EXPECT_EQ(after.status, 200);
  EXPECT_EQ(json::parse(after.body)["complete_through"], "2017-05-03T00:00:00Z");
  database.run("UPDATE _sluice.files SET event_time_max = '2017-02-08T00:00:00Z' WHERE id = '30-ab'");
}

TEST_F(ApiTest, AnswersAreWhatTheDocumentSays) {
  expect_documented("/v1/reports", get("/v1/reports"));
  expect_documented("/v1/reports/monthly", get("/v1/reports/monthly"));
  expect_documented("/v1/reports/monthly", get("/v1/reports/monthly?limit=1&order=-amount"));
  expect_documented("/v1/reports/monthly", get("/v1/reports/monthly?format=csv"));
  expect_documented("/v1/reports/monthly", get("/v1/reports/monthly?x=1"));
  expect_documented("/v1/reports/{name}", get("/v1/reports/unborn"));
  expect_documented("/v1/reports/{name}", get("/v1/reports/nope"));
  expect_documented("/v1/reports/{name}", get("/v1/reports/monthly", {{"Accept", "image/png"}}));
  expect_documented("/v1/files", get("/v1/files"));
  expect_documented("/v1/files", get("/v1/files?format=ndjson"));
  expect_documented("/v1/files/{id}", get("/v1/files/7-ab"));
  expect_documented("/v1/files/{id}", get("/v1/files/none"));
  expect_documented("/v1/dead-letters", get("/v1/dead-letters"));
  expect_documented("/openapi.json", get("/openapi.json"));
  expect_documented("/", get("/"));
  expect_documented("/web/{file}", get("/web/app.js"));
  expect_documented("/web/{file}", get("/web/style.css"));
  expect_documented("/web/{file}", get("/web/none.js"));
}

TEST_F(ApiTest, TheWebPageIsWholeAndComesAgainOnlyWhenItChanged) {
  const auto page = get("/");
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(page.header("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(std::string(page.header("content-security-policy")), StartsWith("default-src 'none'; script-src 'self'"));
  EXPECT_EQ(page.header("x-content-type-options"), "nosniff");
  // What the markup names is there.
  std::set<std::string> named;
  for (std::size_t at = page.body.find("\"web/"); at != std::string::npos; at = page.body.find("\"web/", at + 1)) {
    named.insert(page.body.substr(at + 1, page.body.find('"', at + 1) - at - 1));
  }
  EXPECT_GE(named.size(), 4u);
  for (const std::string& file : named) {
    const auto answer = get("/" + file);
    EXPECT_EQ(answer.status, 200) << file;
    EXPECT_FALSE(answer.body.empty()) << file;
    const std::string etag(answer.header("etag"));
    EXPECT_EQ(get("/" + file, {{"If-None-Match", etag}}).status, 304) << file;
  }
}

TEST_F(ApiTest, EveryRouteOfItsOwnIsInTheDocument) {
  for (const auto& [method, pattern] : server_->routes()) {
    EXPECT_TRUE(document_["paths"].contains(pattern)) << pattern;
  }
  EXPECT_EQ(server_->routes().size(), 19u);
}

TEST_F(ApiTest, WithoutADatabaseTheAnswerIsToComeBack) {
  serve("postgresql://nobody@127.0.0.1:1/none?connect_timeout=2");
  const auto answer = get("/v1/reports/monthly");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "2");
  expect_documented("/v1/reports/monthly", answer);
  EXPECT_EQ(get("/openapi.json").status, 200);
}

}  // namespace
}  // namespace sluice::api
