#pragma once
// A file's bytes as text in UTF-8, read once from front to back. Memory is what is held.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/byte_reader.h"
#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/rows/text_encoding.h"

namespace sluice::doctor {

class TextStream {
 public:
  // `given`: the encoding, or found. `bytes` outlives it.
  TextStream(ByteReader& bytes, Encoding given) : bytes_(bytes), decoder_(given), encoding_(given) {}

  // Reads on until `size` bytes of text are held, or all. Error: the file cannot be read.
  Result<bool> fill(std::size_t size);
  void drop(std::size_t size) { held_.erase(0, size); }
  std::string_view held() const { return held_; }
  bool at_end() const { return at_end_; }

  // Of the file as it is; after the first fill().
  Encoding encoding() const { return encoding_; }
  bool byte_order_mark() const { return byte_order_mark_; }
  std::uint64_t bytes() const { return read_; }

 private:
  void begin(std::string_view start);

  ByteReader& bytes_;
  TextDecoder decoder_;
  Encoding encoding_;
  bool byte_order_mark_ = false;
  bool at_end_ = false;
  std::uint64_t read_ = 0;
  std::string raw_;
  std::string held_;
};

}  // namespace sluice::doctor
