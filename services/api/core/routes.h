#pragma once
// Every route of the API, once: the service registers from this table and the OpenAPI document is
// written from it, so the two can not differ.

#include <span>
#include <string_view>

namespace sluice::api {

enum class RouteId {
  kWebPage,
  kWebFile,
  kOpenApi,
  kReports,
  kReport,
  kFiles,
  kFile,
  kUpload,
  kDeadLetters,
  kStartExport,
  kExports,
  kExport,
  // Registered by the service host, described here.
  kLive,
  kReady,
  kHealth,
  kMetrics,
  kVersion,
};

struct RouteInfo {
  RouteId id;
  std::string_view method;
  std::string_view pattern;
  std::string_view operation;  // OpenAPI's operationId
  std::string_view summary;
  std::string_view content_type;  // of the good answer; empty: rows, in the three formats
  bool from_host = false;
};

std::span<const RouteInfo> routes();

}  // namespace sluice::api
