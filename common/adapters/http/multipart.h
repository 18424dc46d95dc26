#pragma once
// A multipart/form-data body (RFC 7578), part by part, as it comes: memory is one buffer.

#include <optional>
#include <string>
#include <string_view>

#include "common/adapters/http/server.h"

namespace sluice::http {

// "multipart/form-data; boundary=x" -> x; nullopt: it is something else, or has no usable boundary.
std::optional<std::string> multipart_boundary(std::string_view content_type);

struct Part {
  std::string name;
  std::optional<std::string> file_name;  // of a file; UTF-8
};

// Reads the content of the part at hand. One thread; `body` outlives it.
class MultipartReader final : public BodyReader {
 public:
  MultipartReader(BodyReader& body, std::string_view boundary);

  // The next part, skipping what is left of this one; nullopt: there are no more, and `body` is read
  // to its end. The unexpected is what to answer.
  tl::expected<std::optional<Part>, Response> next();
  tl::expected<std::size_t, Response> read(std::span<char> into) override;

 private:
  // What ends or continues the content at hand: false, there is nothing more of it.
  tl::expected<bool, Response> have_content();
  tl::expected<bool, Response> more();
  tl::expected<bool, Response> skip_content();
  tl::expected<bool, Response> skip_the_end();

  BodyReader& body_;
  std::string delimiter_;      // "\r\n--boundary"
  std::string buffer_ = "\r\n";  // as if a line had ended before the first boundary
  std::size_t at_ = 0;         // what is before it has been given
  std::size_t content_ = 0;    // bytes behind at_ that are content for sure
  bool body_ended_ = false;
};

}  // namespace sluice::http
