#include "services/api/core/routes.h"

#include <array>

namespace sluice::api {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain";
using enum Needs;

constexpr std::array<RouteInfo, 24> kRoutes = {{
    {RouteId::kWebPage, "GET", "/", "webPage",
     "The web page: reports as plots and tables, uploads, files, dead letters", "text/html", kNothing},
    {RouteId::kWebFile, "GET", "/web/{file}", "webFile", "A script, style or picture of the web page",
     "text/javascript", kNothing},
    {RouteId::kOpenApi, "GET", "/openapi.json", "openapi", "This document", kJson, kRead},
    {RouteId::kReports, "GET", "/v1/reports", "listReports",
     "All reports with their columns and freshness", kJson, kRead},
    {RouteId::kReport, "GET", "/v1/reports/{name}", "getReport",
     "Rows of a report: filtered, ordered, paged", "", kRead},
    {RouteId::kFiles, "GET", "/v1/files", "listFiles",
     "Files and what became of their rows, newest first", "", kRead},
    {RouteId::kFile, "GET", "/v1/files/{id}", "getFile", "The receipt of one file", kJson, kRead},
    {RouteId::kUpload, "POST", "/v1/uploads", "upload",
     "Deliver a file; or, as a dry run, see what would become of it", kJson, kWrite},
    {RouteId::kDeadLetters, "GET", "/v1/dead-letters", "listDeadLetters",
     "Rows that could not become records, whole and with the reason", "", kRead},
    {RouteId::kDeadLetterGroups, "GET", "/v1/dead-letters/groups", "listDeadLetterGroups",
     "Dead letters by dataset, rule and column, with how many are open", kJson, kRead},
    {RouteId::kDeadLetter, "GET", "/v1/dead-letters/{id}", "getDeadLetter",
     "One dead letter, with the place of the cell that is wrong", kJson, kRead},
    {RouteId::kRetryDeadLetters, "POST", "/v1/dead-letters/retry", "retryDeadLetters",
     "Read rows once more by the definition as it is now; or, as a dry run, count them", kJson, kWrite},
    {RouteId::kDiscardDeadLetters, "POST", "/v1/dead-letters/discard", "discardDeadLetters",
     "Settle dead letters that nobody will mend", kJson, kWrite},
    {RouteId::kStartExport, "POST", "/v1/reports/{name}/exports", "startExport",
     "Write a report's exports now", kJson, kWrite},
    {RouteId::kExports, "GET", "/v1/exports", "listExports",
     "Exports of whole reports, newest first", "", kRead},
    {RouteId::kExport, "GET", "/v1/exports/{id}", "getExport",
     "What became of one export, and where its files are", kJson, kRead},
    {RouteId::kStartReplay, "POST", "/v1/replays", "startReplay",
     "Rebuild a dataset's reports beside the live ones, compare them row by row, and swap them", kJson, kAdmin},
    {RouteId::kReplays, "GET", "/v1/replays", "listReplays", "Rebuilds of reports, newest first", "", kRead},
    {RouteId::kReplay, "GET", "/v1/replays/{id}", "getReplay",
     "One rebuild: how far it is, and what differs", kJson, kRead},
    {RouteId::kLive, "GET", "/livez", "live", "Whether the process works", kJson, kNothing, true},
    {RouteId::kReady, "GET", "/readyz", "ready",
     "Whether requests can be answered, and what each check says", kJson, kNothing, true},
    {RouteId::kHealth, "GET", "/healthz", "health", "The same as /readyz", kJson, kNothing, true},
    {RouteId::kMetrics, "GET", "/metrics", "metrics", "Metrics in Prometheus' text format", kText, kAsConfigured, true},
    {RouteId::kVersion, "GET", "/version", "version", "The version that runs", kJson, kAsConfigured, true},
}};

}  // namespace

std::optional<access::Scope> needed_scope(std::string_view method, std::string_view pattern) {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const RouteInfo& route : kRoutes) {
    if (route.method != wanted || route.pattern != pattern) continue;
    if (route.needs == Needs::kNothing) return std::nullopt;
    if (route.needs == Needs::kAdmin) return access::Scope::kAdmin;
    return route.needs == Needs::kWrite ? access::Scope::kWrite : access::Scope::kRead;
  }
  // A route that this table does not know is for nobody else.
  return access::Scope::kAdmin;
}

std::span<const RouteInfo> routes() { return kRoutes; }

}  // namespace sluice::api
