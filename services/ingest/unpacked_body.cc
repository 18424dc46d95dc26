#include "services/ingest/unpacked_body.h"

#include <fmt/format.h>

#include <limits>

#include "common/adapters/archive/packing.h"

namespace sluice::ingest {

class UnpackedBody::Packed final : public ByteReader {
 public:
  Packed(http::BodyReader& body, std::shared_ptr<std::optional<http::Response>> refusal)
      : body_(body), refusal_(std::move(refusal)) {}
  Result<std::size_t> read(std::span<char> into) override {
    auto got = body_.read(into);
    if (got) return *got;
    *refusal_ = std::move(got.error());
    return fail("The body broke off.");
  }

 private:
  http::BodyReader& body_;
  std::shared_ptr<std::optional<http::Response>> refusal_;
};

UnpackedBody::UnpackedBody(http::BodyReader& body, std::uint64_t limit)
    : limit_(limit), refusal_(std::make_shared<std::optional<http::Response>>()) {
  // The limit that is kept here is the only one.
  constexpr archive::UnpackLimits kNone{std::numeric_limits<std::uint64_t>::max(), 1};
  bytes_ = archive::unpacked(std::make_unique<Packed>(body, refusal_), archive::Packing::kGzip, kNone);
}

tl::expected<std::size_t, http::Response> UnpackedBody::read(std::span<char> into) {
  const auto got = bytes_->read(into);
  if (!got && *refusal_) return tl::unexpected(**refusal_);
  if (!got) {
    return tl::unexpected(http::problem(
        400, "Bad request", "The body was to be unpacked as gzip. " + got.error().message));
  }
  given_ += *got;
  if (given_ <= limit_) return *got;
  return tl::unexpected(
      http::problem(413, "Body too large",
                    fmt::format("A request's body may have {} bytes, unpacked too.", limit_)));
}

}  // namespace sluice::ingest
