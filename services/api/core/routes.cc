#include "services/api/core/routes.h"

#include <array>

namespace sluice::api {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain";

constexpr std::array<RouteInfo, 17> kRoutes = {{
    {RouteId::kWebPage, "GET", "/", "webPage",
     "The web page: reports as plots and tables, uploads, files, dead letters", "text/html"},
    {RouteId::kWebFile, "GET", "/web/{file}", "webFile", "A script, style or picture of the web page",
     "text/javascript"},
    {RouteId::kOpenApi, "GET", "/openapi.json", "openapi", "This document", kJson},
    {RouteId::kReports, "GET", "/v1/reports", "listReports",
     "All reports with their columns and freshness", kJson},
    {RouteId::kReport, "GET", "/v1/reports/{name}", "getReport",
     "Rows of a report: filtered, ordered, paged", ""},
    {RouteId::kFiles, "GET", "/v1/files", "listFiles",
     "Files and what became of their rows, newest first", ""},
    {RouteId::kFile, "GET", "/v1/files/{id}", "getFile", "The receipt of one file", kJson},
    {RouteId::kUpload, "POST", "/v1/uploads", "upload",
     "Deliver a file; or, as a dry run, see what would become of it", kJson},
    {RouteId::kDeadLetters, "GET", "/v1/dead-letters", "listDeadLetters",
     "Rows that could not become records, whole and with the reason", ""},
    {RouteId::kStartExport, "POST", "/v1/reports/{name}/exports", "startExport",
     "Write a report's exports now", kJson},
    {RouteId::kExports, "GET", "/v1/exports", "listExports",
     "Exports of whole reports, newest first", ""},
    {RouteId::kExport, "GET", "/v1/exports/{id}", "getExport",
     "What became of one export, and where its files are", kJson},
    {RouteId::kLive, "GET", "/livez", "live", "Whether the process works", kJson, true},
    {RouteId::kReady, "GET", "/readyz", "ready",
     "Whether requests can be answered, and what each check says", kJson, true},
    {RouteId::kHealth, "GET", "/healthz", "health", "The same as /readyz", kJson, true},
    {RouteId::kMetrics, "GET", "/metrics", "metrics", "Metrics in Prometheus' text format", kText,
     true},
    {RouteId::kVersion, "GET", "/version", "version", "The version that runs", kJson, true},
}};

}  // namespace

std::span<const RouteInfo> routes() { return kRoutes; }

}  // namespace sluice::api
