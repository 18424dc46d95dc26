#pragma once
// The content of a body that was sent with Content-Encoding: gzip, as it comes.

#include <memory>
#include <optional>

#include "common/adapters/http/server.h"
#include "common/base/byte_reader.h"

namespace sluice::ingest {

class UnpackedBody final : public http::BodyReader {
 public:
  // Gives at most `limit` bytes: 413 beyond it, however few they came as. `body` outlives it.
  UnpackedBody(http::BodyReader& body, std::uint64_t limit);
  tl::expected<std::size_t, http::Response> read(std::span<char> into) override;

 private:
  class Packed;
  std::uint64_t limit_;
  std::uint64_t given_ = 0;
  std::shared_ptr<std::optional<http::Response>> refusal_;  // of the body that it reads
  std::unique_ptr<ByteReader> bytes_;
};

}  // namespace sluice::ingest
