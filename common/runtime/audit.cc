#include "common/runtime/audit.h"

#include <string>
#include <string_view>

#include "common/telemetry/log.h"

namespace sluice {
namespace {

std::string_view query_of(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.query) {
    if (key == name) return value;
  }
  return {};
}

bool is_write(const http::Answered& answered) {
  const bool only_asks = answered.method == "GET" || answered.method == "HEAD" || answered.route == "unmatched";
  return !only_asks && query_of(answered.request, "dry_run") != "true";
}

// The rest of the query is not told: who sends a secret there by mistake should not find it in the log.
std::string target_of(const http::Request& request) {
  const std::string_view name = query_of(request, "name");
  return name.empty() ? request.path : std::string(name);
}

// Where it is, or what the handler says of it.
std::string result_of(const http::Response& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "Location" || name == "Sluice-Result") return value;
  }
  return {};
}

}  // namespace

void audit_writes(http::Server& server) {
  server.observe([](const http::Answered& answered) {
    if (!is_write(answered)) return;
    const http::Request& request = answered.request;
    log::write(log::Level::kAudit, "write",
               {{"who", request.principal},
                {"client", request.client},
                {"what", std::string(answered.method) + " " + std::string(answered.route)},
                {"target", target_of(request)},
                {"status", answered.response.status},
                {"result", result_of(answered.response)},
                {"trace", request.trace_id}});
  });
}

}  // namespace sluice
