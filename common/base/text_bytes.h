#pragma once
// A text as bytes to read, for tests.

#include <string>
#include <utility>

#include "common/base/byte_reader.h"

namespace sluice {

class TextBytes final : public ByteReader {
 public:
  explicit TextBytes(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t size = text_.copy(into.data(), into.size(), at_);
    at_ += size;
    return size;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace sluice
