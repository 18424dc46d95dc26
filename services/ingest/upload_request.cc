#include "services/ingest/upload_request.h"

#include <algorithm>

#include "common/adapters/http/multipart.h"
#include "common/base/json_text.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kMaxNamePart = 200;
constexpr std::size_t kMaxKey = 255;

tl::unexpected<http::Response> refuse(int status, std::string_view title, std::string_view why) {
  return tl::unexpected(http::problem(status, title, why));
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

}  // namespace

std::string why_name_is_refused(std::string_view name) {
  if (name.empty()) return "The file needs a name: ?name=bookings.csv.";
  if (name.size() > kMaxName) return "The file's name is too long.";
  if (!is_valid_utf8(name) || !is_plain(name)) {
    return "The file's name holds what is no printable text.";
  }
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part.empty() || part.front() == '.') {
      return "The file's name must not begin with '/' or '.', nor must any folder in it.";
    }
    if (part.size() > kMaxNamePart) return "The file's name is too long.";
    at = end + 1;
  }
  return {};
}

tl::expected<UploadRequest, http::Response> read_upload_request(const http::Request& request) {
  UploadRequest out;
  for (const auto& [name, value] : request.query) {
    if (name == "name") {
      out.name = value;
    } else if (name == "dataset") {
      out.dataset = value;
    } else if (name == "dry_run" && (value == "true" || value == "false")) {
      out.dry_run = value == "true";
    } else {
      return refuse(400, "Bad request",
                    "An upload takes name, dataset and dry_run (true or false) in its query.");
    }
  }
  const std::string_view encoding = request.header("content-encoding");
  out.gzip = encoding == "gzip" || encoding == "x-gzip";
  if (!out.gzip && !encoding.empty() && encoding != "identity") {
    return refuse(415, "Unsupported media type",
                  "A body may be packed with Content-Encoding: gzip only.");
  }
  const std::string_view type = request.header("content-type");
  out.boundary = http::multipart_boundary(type);
  if (!out.boundary && type.starts_with("multipart/")) {
    return refuse(415, "Unsupported media type",
                  "Of multipart bodies, multipart/form-data with a boundary is taken.");
  }
  if (!out.boundary || !out.name.empty()) {
    if (auto why = why_name_is_refused(out.name); !why.empty()) {
      return refuse(422, "File refused", why);
    }
  }
  out.key = request.header("idempotency-key");
  if (out.key.size() > kMaxKey || !is_plain(out.key)) {
    return refuse(400, "Bad request", "An Idempotency-Key has 1 to 255 printable characters.");
  }
  return out;
}

}  // namespace sluice::ingest
