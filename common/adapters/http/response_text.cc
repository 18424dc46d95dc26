#include "common/adapters/http/response_text.h"

#include <algorithm>
#include <ctime>

#include "common/base/json_text.h"

namespace sluice::http {
namespace {

bool has_header(const Response& response, std::string_view name) {
  return std::any_of(response.headers.begin(), response.headers.end(), [&](const auto& header) {
    return std::equal(name.begin(), name.end(), header.first.begin(), header.first.end(),
                      [](char a, char b) {
                        return std::tolower(static_cast<unsigned char>(a)) ==
                               std::tolower(static_cast<unsigned char>(b));
                      });
  });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte == 0x7F ? ' ' : c);
  }
  out.append("\r\n");
}

std::string http_date(std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

bool all_of_class(std::string_view text, std::string_view accepted) {
  return text.find_first_not_of(accepted) == std::string_view::npos;
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

Response problem(int status, std::string_view title, std::string_view detail,
                 std::string_view type_slug) {
  Response out;
  out.status = status;
  out.content_type = "application/problem+json";
  out.body = "{\"type\":";
  append_json_string(out.body, type_slug);
  out.body += ",\"title\":";
  append_json_string(out.body, title);
  out.body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  append_json_string(out.body, detail);
  out.body += "}\n";
  return out;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return status < 300   ? "OK"
             : status < 400 ? "Redirect"
             : status < 500 ? "Bad Request"
                            : "Error";
  }
}

std::string head_of(const Response& response, bool keep_alive, std::int64_t unix_seconds) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason_phrase(response.status)).append("\r\n");
  append_header(out, "Date", http_date(unix_seconds));
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) {
    append_header(out, "Content-Type", response.content_type);
    append_header(out, "Content-Length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  append_header(out, "X-Content-Type-Options", "nosniff");
  if (!has_header(response, "cache-control")) append_header(out, "Cache-Control", "no-store");
  if (!has_header(response, "content-security-policy")) {
    append_header(out, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  }
  append_header(out, "Connection", keep_alive ? "keep-alive" : "close");
  out.append("\r\n");
  return out;
}

void complete_problem(Response& response, std::string_view path, std::string_view request_id) {
  const std::size_t end = response.body.rfind('}');
  if (response.content_type != "application/problem+json" || end == std::string::npos) return;
  response.body.resize(end);
  response.body += ",\"instance\":";
  append_json_string(response.body, valid_utf8(path));
  response.body += ",\"request_id\":";
  append_json_string(response.body, valid_utf8(request_id));
  response.body += "}\n";
}

bool is_plain_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         all_of_class(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}

std::string trace_id_of(std::string_view traceparent) {
  constexpr std::string_view kHex = "0123456789abcdef";
  if (traceparent.size() != 55 || traceparent[2] != '-' || traceparent[35] != '-' ||
      traceparent[52] != '-') {
    return {};
  }
  const std::string_view version = traceparent.substr(0, 2), trace = traceparent.substr(3, 32),
                         parent = traceparent.substr(36, 16), flags = traceparent.substr(53, 2);
  for (const std::string_view part : {version, trace, parent, flags}) {
    if (!all_of_class(part, kHex)) return {};
  }
  if (version == "ff" || all_of_class(trace, "0") || all_of_class(parent, "0")) return {};
  return std::string(trace);
}

}  // namespace sluice::http
