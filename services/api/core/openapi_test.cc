#include "services/api/core/openapi.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "services/api/core/routes.h"

namespace sluice::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<Dataset> datasets() {
  ReportSpec report;
  report.name = "monthly";
  report.columns = {
      {"country", ReportColumnKind::kGroup, ColumnType::kString, 0, true, 0, std::nullopt},
      {"bookings", ReportColumnKind::kMeasure, ColumnType::kInteger, 0, false, 0, std::nullopt},
      {"amount", ReportColumnKind::kMeasure, ColumnType::kDecimal, 1, false, 2, std::nullopt}};
  Dataset dataset;
  dataset.name = "bookings";
  dataset.reports.push_back(std::move(report));
  return {dataset};
}

// Every "$ref" of the document.
void collect_references(const nlohmann::json& value, std::set<std::string>& out) {
  if (value.is_object() && value.contains("$ref")) out.insert(value["$ref"].get<std::string>());
  if (value.is_structured()) {
    for (const auto& each : value) collect_references(each, out);
  }
}

class OpenApiTest : public testing::Test {
 protected:
  nlohmann::json document_ = nlohmann::json::parse(openapi_document(datasets(), "1.2.3"));
};

TEST_F(OpenApiTest, HasEveryRouteAndEachReportAndNothingElse) {
  std::set<std::string> expected = {"get /v1/reports/monthly"};
  for (const RouteInfo& route : routes()) {
    expected.insert((route.method == "POST" ? "post " : "get ") + std::string(route.pattern));
  }
  std::set<std::string> found;
  for (const auto& [path, item] : document_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      found.insert(method + " " + path);
      EXPECT_TRUE(operation.contains("operationId")) << path;
      const bool answers = operation["responses"].contains("200");
      EXPECT_TRUE(answers || operation["responses"].contains("202")) << path;
    }
  }
  EXPECT_EQ(found, expected);
}

TEST_F(OpenApiTest, EveryReferenceLeadsSomewhere) {
  std::set<std::string> references;
  collect_references(document_, references);
  EXPECT_GT(references.size(), 5u);
  for (const std::string& reference : references) {
    EXPECT_TRUE(document_.contains(nlohmann::json::json_pointer(reference.substr(1)))) << reference;
  }
}

TEST_F(OpenApiTest, AReportsRowHasItsColumnsTyped) {
  const auto& row = document_["components"]["schemas"]["Row.monthly"];
  EXPECT_EQ(row["properties"]["country"]["type"], "string");
  EXPECT_THAT(row["properties"]["amount"]["type"], ElementsAre("number", "null"));
  EXPECT_THAT(row["required"], ElementsAre("country", "bookings", "amount"));
}

TEST_F(OpenApiTest, AColumnSaysHowAListIsWritten) {
  const std::string said = document_["paths"]["/v1/reports/monthly"]["get"]["parameters"][0]["description"];
  EXPECT_THAT(said, HasSubstr("[in] (a list between commas; \\, is a comma in a value and \\\\ a backslash)"));
}

TEST_F(OpenApiTest, SaysItsVersionAndTheProblemsShape) {
  EXPECT_EQ(document_["openapi"], "3.1.0");
  EXPECT_EQ(document_["info"]["version"], "1.2.3");
  EXPECT_TRUE(document_["components"]["schemas"]["Problem"]["properties"].contains("detail"));
  EXPECT_THAT(document_["paths"]["/v1/reports"]["get"]["responses"]["200"]["content"]
                       ["application/json"]["schema"]["required"],
              ElementsAre("reports"));
}

TEST_F(OpenApiTest, HealthIsJsonAsItIsAnswered) {
  for (const char* path : {"/readyz", "/healthz"}) {
    for (const char* status : {"200", "503"}) {
      const auto& content = document_["paths"][path]["get"]["responses"][status]["content"];
      EXPECT_THAT(content["application/json"]["schema"]["required"], ElementsAre("status", "checks")) << path;
    }
  }
  EXPECT_EQ(document_["paths"]["/livez"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
                     ["properties"]["status"]["enum"][0],
            "alive");
}

TEST_F(OpenApiTest, AnExportTakesAnIdempotencyKey) {
  const auto& post = document_["paths"]["/v1/reports/{name}/exports"]["post"];
  EXPECT_EQ(post["parameters"][1]["name"], "Idempotency-Key");
  EXPECT_EQ(post["parameters"][1]["in"], "header");
  for (const char* status : {"202", "400", "404", "409", "422", "503"}) {
    EXPECT_TRUE(post["responses"].contains(status)) << status;
  }
}

TEST_F(OpenApiTest, EachOperationSaysWhichScopeItNeeds) {
  const auto scopes = [&](const char* path, const char* method) {
    return document_["paths"][path][method]["security"].dump();
  };
  EXPECT_EQ(document_["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
  EXPECT_EQ(scopes("/v1/reports/monthly", "get"), R"([{"bearer":["read"]}])");
  EXPECT_EQ(scopes("/v1/files", "get"), R"([{"bearer":["read"]}])");
  EXPECT_EQ(scopes("/v1/uploads", "post"), R"([{"bearer":["write"]}])");
  EXPECT_EQ(scopes("/v1/reports/{name}/exports", "post"), R"([{"bearer":["write"]}])");
  EXPECT_EQ(scopes("/v1/replays", "post"), R"([{"bearer":["admin"]}])");
  EXPECT_EQ(scopes("/v1/replays", "get"), R"([{"bearer":["read"]}])");
  EXPECT_EQ(scopes("/livez", "get"), "[]");
  EXPECT_EQ(scopes("/web/{file}", "get"), "[]");
  EXPECT_EQ(scopes("/metrics", "get"), R"([{"bearer":["read"]},{}])");
  for (const auto& [path, item] : document_["paths"].items()) {
    for (const auto& [method, operation] : item.items()) {
      for (const char* status : {"401", "403", "429"}) {
        EXPECT_EQ(operation["responses"].contains(status), !operation["security"].empty()) << path << " " << status;
      }
    }
  }
}

TEST_F(OpenApiTest, NamesTheStatesThatAFileMayHave) {
  const auto& state = document_["components"]["schemas"]["File"]["properties"]["state"];
  EXPECT_THAT(state["enum"], ElementsAre("found", "waiting", "reading", "done", "duplicate", "failed", nullptr));
}

}  // namespace
}  // namespace sluice::api
