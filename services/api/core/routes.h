#pragma once
// Every route of the API, once: the service registers from this table and the OpenAPI document is
// written from it, so the two can not differ.

#include <optional>
#include <span>
#include <string_view>

#include "common/access/token.h"

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
  kDeadLetterGroups,
  kDeadLetter,
  kRetryDeadLetters,
  kDiscardDeadLetters,
  kStartExport,
  kExports,
  kExport,
  kStartReplay,
  kReplays,
  kReplay,
  // Registered by the service host, described here.
  kLive,
  kReady,
  kHealth,
  kMetrics,
  kVersion,
};

// Where a file of tokens is named. The page's files hold nothing that is not in everyone's binary; what it shows comes
// from routes that need a token.
enum class Needs {
  kNothing,
  kRead,
  kWrite,
  kAdmin,
  kAsConfigured,  // by the service host: access.metrics
};

struct RouteInfo {
  RouteId id;
  std::string_view method;
  std::string_view pattern;
  std::string_view operation;  // OpenAPI's operationId
  std::string_view summary;
  std::string_view content_type;  // of the good answer; empty: rows, in the three formats
  Needs needs = Needs::kRead;
  bool from_host = false;
};

// By method and pattern, for the service host, which sees to its own routes itself.
std::optional<access::Scope> needed_scope(std::string_view method, std::string_view pattern);

std::span<const RouteInfo> routes();

}  // namespace sluice::api
