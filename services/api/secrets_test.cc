// What the api is told in confidence is in nothing that it tells: a service of its own process, as main.cc wires it,
// without a database and without an ingest, so that everything fails that can.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "common/access/token_file.h"
#include "common/adapters/http/client.h"
#include "common/runtime/service_host.h"
#include "services/api/core/routes.h"
#include "services/api/handlers.h"

namespace sluice::api {
namespace {

using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPostgresPassword = "pg-hush-7Qx";
constexpr const char* kS3Secret = "s3-hush-8Rw";
constexpr const char* kS3Session = "session-hush-9Tv";
constexpr const char* kKafkaPassword = "kafka-hush-1Yb";
constexpr const char* kToken = "token-hush-2Zc";
constexpr const char* kReadToken = "token-hush-4Vf";
constexpr const char* kWrongToken = "wrong-hush-3Wd";

std::string tokens_file() {
  access::Token writer, reader;
  writer.name = "writer";
  writer.hash = access::hash_of(kToken);
  writer.scopes = {false, true, false};
  reader.name = "reader";
  reader.hash = access::hash_of(kReadToken);
  reader.scopes = {true, false, false};
  std::string folder = (std::filesystem::temp_directory_path() / "api-secrets-XXXXXX").string();
  const std::string path = std::string(::mkdtemp(folder.data())) + "/tokens.yaml";
  std::ofstream(path) << access::entry_of(writer) << access::entry_of(reader);
  return path;
}

void ask(ServiceHost& host, std::string_view method, const std::string& target, const std::string& authorization) {
  http::ClientHeaders headers;
  if (!authorization.empty()) headers.emplace_back("authorization", authorization);
  const std::string body = method == "POST" ? "a,b\n1,2\n" : "";
  const auto answer = http::call("127.0.0.1", host.http().port(), method, target, headers, body, std::chrono::seconds(30));
  std::string told = answer ? std::to_string(answer->status) + " " : answer.error().message;
  if (answer) {
    for (const auto& [name, value] : answer->headers) told += name + ": " + value + "\n";
    told += answer->body;
  }
  std::fprintf(stderr, "[%s %s: %s]\n", std::string(method).c_str(), target.c_str(), told.c_str());
}

void ask_everything(ServiceHost& host) {
  const std::string bearer = std::string("Bearer ") + kToken;
  for (const std::string& authorization :
       {std::string(), bearer, std::string("Bearer ") + kReadToken, std::string("Bearer ") + kWrongToken, std::string("Basic ") + kWrongToken, bearer + " x"}) {
    for (const RouteInfo& route : routes()) {
      std::string target(route.pattern);
      if (const auto at = target.find('{'); at != std::string::npos) target.replace(at, target.find('}') + 1 - at, "none");
      ask(host, route.method, target + (route.id == RouteId::kUpload ? "?name=a.csv" : ""), authorization);
    }
    ask(host, "DELETE", "/v1/files", authorization);
    ask(host, "GET", "/v1/nowhere", authorization);
  }
}

[[noreturn]] void serve(const std::string& tokens) {
  const std::string url = std::string("postgresql://sluice:") + kPostgresPassword + "@127.0.0.1:1/sluice?connect_timeout=1";
  ::setenv("SLUICE_HTTP_PORT", "0", 1);
  ::setenv("SLUICE_LOG_LEVEL", "debug", 1);
  ::setenv("SLUICE_POSTGRES_URL", url.c_str(), 1);
  ::setenv("SLUICE_S3_SECRET_ACCESS_KEY", kS3Secret, 1);
  ::setenv("SLUICE_S3_SESSION_TOKEN", kS3Session, 1);
  ::setenv("SLUICE_KAFKA__SASL_PASSWORD", kKafkaPassword, 1);
  ::setenv("SLUICE_TOKENS_FILE", tokens.c_str(), 1);
  const char* flags[] = {"sluice-api"};
  std::exit(run_service("api", 1, const_cast<char**>(flags), [](ServiceHost& host) {
    auto pool = std::make_shared<postgres::Pool>(host.settings().postgres_url, 2);
    auto database = std::make_shared<Database>(*pool);
    const auto catalogue = make_catalogue(std::vector<Dataset>{});
    register_routes(
        host.http(), database, [catalogue] { return catalogue; }, std::make_shared<IngestClient>("127.0.0.1:1"), 1000);
    host.need_scopes(needed_scope, ServiceHost::Rates::kLimited);
    host.ready_when("postgres", [pool, database] { return database->probe(); });
    host.add_part(
        "asker",
        [&host] {
          ask_everything(host);
          ::kill(::getpid(), SIGTERM);
        },
        [] {});
  }));
}

TEST(SecretsDeathTest, NoSecretIsInALogALineOfMetricsOrAnAnswer) {
  const std::string tokens = tokens_file();
  // First, that what might have told them was there: settings, refusals, failures, the audit, metrics.
  const auto told = AllOf(HasSubstr("postgres_url=postgresql://sluice:***@"), HasSubstr("database unreachable"),
                          HasSubstr("upload not passed on"), HasSubstr("\"who\":\"writer\""),
                          HasSubstr("error=\"invalid_token\""), HasSubstr("error=\"insufficient_scope\""),
                          HasSubstr("sluice_http_refused_total{reason=\"no_token\""), HasSubstr("\"postgres\":\""));
  const auto kept = AllOf(Not(HasSubstr(kPostgresPassword)), Not(HasSubstr(kS3Secret)), Not(HasSubstr(kS3Session)),
                          Not(HasSubstr(kKafkaPassword)), Not(HasSubstr(kToken)), Not(HasSubstr(kReadToken)),
                          Not(HasSubstr(kWrongToken)),
                          Not(HasSubstr(access::hex(access::hash_of(kToken)))));
  EXPECT_EXIT(serve(tokens), ExitedWithCode(0), AllOf(told, kept));
  std::filesystem::remove_all(std::filesystem::path(tokens).parent_path());
}

}  // namespace
}  // namespace sluice::api
