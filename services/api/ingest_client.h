#pragma once
// The way from the API to ingest: uploads are passed on as they come, so that neither a client's speed
// nor a file's size costs the API memory. Thread-safe.

#include <cstdint>
#include <optional>
#include <string>

#include "common/adapters/http/client.h"
#include "common/adapters/http/server.h"

namespace sluice::api {

class IngestClient {
 public:
  // `address`: host:port. Throws ConfigError if it is none.
  explicit IngestClient(const std::string& address);

  // ingest's answer; 503 while it cannot be reached.
  http::Response upload(const http::Request& request, http::BodyReader& body) const;
  // Dead letters, as lines, to be read once more. The answer is that of an upload.
  http::Response retry(const http::Request& request, const std::string& dataset, const http::BodySource& lines) const;
  // The receipt's first state of a file that was uploaded a moment ago; nullopt: ingest knows none,
  // or cannot be reached. `request` is the one that asks for it.
  std::optional<std::string> first_state(const http::Request& request, const std::string& file_id) const;

 private:
  std::string host_;
  std::uint16_t port_ = 0;
};

}  // namespace sluice::api
