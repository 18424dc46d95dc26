#pragma once
// What an upload's request asks for, read and checked before its body is. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "common/adapters/http/server.h"

namespace sluice::ingest {

struct UploadRequest {
  std::string name;     // "bookings.csv", "sub/bookings.csv"; empty: the parts of the form say
  std::string dataset;  // empty: by the name
  bool dry_run = false;
  bool gzip = false;                    // the body is packed for the way
  std::optional<std::string> boundary;  // of a form; else the body is the file
  std::string key;                      // Idempotency-Key; empty: none

  // What a repetition under the same key must ask for too.
  std::string signature() const { return dataset + "\n" + name; }
};

// The unexpected is the answer.
tl::expected<UploadRequest, http::Response> read_upload_request(const http::Request& request);

// Empty if a file may have this name; else why not, in a sentence. A name may lead into folders
// ("day=2021-01-23/a.json"), never out of its own.
std::string why_name_is_refused(std::string_view name);

}  // namespace sluice::ingest
