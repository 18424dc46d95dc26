#pragma once
// A request's body out of a text, for tests.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "common/adapters/http/server.h"

namespace sluice::http {

// Breaks off with `then` after its text, if that is given.
class TextBody final : public BodyReader {
 public:
  explicit TextBody(std::string text, std::optional<Response> then = {})
      : text_(std::move(text)), then_(std::move(then)) {}
  tl::expected<std::size_t, Response> read(std::span<char> into) override {
    const std::size_t size = std::min(into.size(), text_.size() - at_);
    if (size < into.size() && then_) return tl::unexpected(*then_);
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), size, into.begin());
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  std::optional<Response> then_;
};

}  // namespace sluice::http
