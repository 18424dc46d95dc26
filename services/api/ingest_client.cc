#include "services/api/ingest_client.h"

#include <charconv>
#include <cctype>
#include <chrono>
#include <nlohmann/json.hpp>

#include "common/adapters/http/client.h"
#include "common/adapters/http/request_text.h"
#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice::api {
namespace {

using namespace std::chrono_literals;

// Longer than ingest takes to answer for sure.
constexpr auto kPatience = 60s;
constexpr auto kAskPatience = 2s;

std::string target_of(const http::Request& request) {
  std::string out = request.path;
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    out += separator + http::percent_encode(name) + "=" + http::percent_encode(value);
    separator = '&';
  }
  return out;
}

void pass_token(const http::Request& request, http::ClientHeaders& out) {
  if (const auto token = request.header("authorization"); !token.empty()) out.emplace_back("authorization", token);
}

std::string made_traceparent(const std::string& trace_id) {
  return "00-" + trace_id + "-" + trace_id.substr(0, 16) + "-00";
}

http::ClientHeaders traced(const http::Request& request) {
  http::ClientHeaders out;
  // Whom the api lets in, ingest does: it has the same file of tokens.
  pass_token(request, out);
  // So that what ingest logs is found under the same id, whether the client gave it or not.
  const std::string_view parent = request.header("traceparent");
  out.emplace_back("traceparent", parent.empty() ? made_traceparent(request.trace_id) : std::string(parent));
  out.emplace_back("x-request-id", request.trace_id);
  return out;
}

// What ingest must know of the request; the body's framing is made anew.
http::ClientHeaders headers_of(const http::Request& request) {
  http::ClientHeaders out = traced(request);
  for (const char* name : {"content-type", "content-encoding", "idempotency-key"}) {
    if (const auto value = request.header(name); !value.empty()) out.emplace_back(name, value);
  }
  if (const auto length = request.header("content-length"); !length.empty()) {
    out.emplace_back("sluice-content-length", length);
  }
  return out;
}

http::Response away(std::string_view detail = "Ingest did not answer, so the upload may not have been taken. Send it "
                                              "again, best with an Idempotency-Key.") {
  http::Response out = http::problem(503, "Temporarily unavailable", detail);
  out.headers.emplace_back("Retry-After", "5");
  return out;
}

// A problem is told anew: this server adds its own path and request to it.
http::Response passed_on(const http::ClientResponse& answer) {
  const std::string type(answer.header("content-type"));
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  if (type == "application/problem+json" && problem.is_object()) {
    return http::problem(answer.status, problem.value("title", ""), problem.value("detail", ""));
  }
  http::Response out;
  out.status = answer.status;
  out.content_type = type;
  out.body = answer.body;
  return out;
}

// With where it leads, and when to come back.
http::Response with_headers(const http::ClientResponse& answer) {
  http::Response out = passed_on(answer);
  for (const char* name : {"Location", "Retry-After"}) {
    std::string lower(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (const auto value = answer.header(lower); !value.empty()) out.headers.emplace_back(name, value);
  }
  return out;
}

}  // namespace

IngestClient::IngestClient(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const char* end = address.data() + address.size();
  if (colon != std::string::npos && colon > 0) {
    host_ = address.substr(0, colon);
    const auto [read, error] = std::from_chars(address.data() + colon + 1, end, port_);
    if (error == std::errc() && read == end && port_ != 0) return;
  }
  throw ConfigError("ingest_address: \"" + address + "\" is not host:port");
}

http::Response IngestClient::upload(const http::Request& request, http::BodyReader& body) const {
  std::optional<http::Response> broken;  // the client's side
  const auto source = [&](std::span<char> into) -> Result<std::size_t> {
    const auto got = body.read(into);
    if (got) return *got;
    broken = got.error();
    return fail("the client's body broke off");
  };
  const auto answer =
      http::post_stream(host_, port_, target_of(request), headers_of(request), source, kPatience);
  if (broken) return *broken;
  if (!answer) {
    log::warning("upload not passed on",
                 {{"trace", request.trace_id}, {"error", answer.error().message}});
    return away();
  }
  return with_headers(*answer);
}

http::Response IngestClient::retry(const http::Request& request, const std::string& dataset,
                                   const http::BodySource& lines) const {
  http::ClientHeaders headers = traced(request);
  headers.emplace_back("content-type", "application/x-ndjson");
  const std::string target = "/v1/retries?dataset=" + http::percent_encode(dataset);
  const auto answer = http::post_stream(host_, port_, target, headers, lines, kPatience);
  if (answer) return with_headers(*answer);
  log::warning("retry not passed on", {{"trace", request.trace_id}, {"error", answer.error().message}});
  return away("Ingest did not answer, so the retry may not have been taken. Ask for it again: it is done once.");
}

std::optional<std::string> IngestClient::first_state(const http::Request& request, const std::string& file_id) const {
  http::ClientHeaders headers;
  pass_token(request, headers);
  const auto answer =
      http::get(host_, port_, "/v1/uploads/" + http::percent_encode(file_id), headers, kAskPatience);
  if (!answer || answer->status != 200) return std::nullopt;
  return answer->body;
}

}  // namespace sluice::api
