#include "common/doctor/text_stream.h"

namespace sluice::doctor {

Result<bool> TextStream::fill(std::size_t size) {
  while (held_.size() < size && !at_end_) {
    raw_.resize(kEncodingBytes);
    const auto got = bytes_.read(raw_);
    if (!got) return tl::unexpected(got.error());
    raw_.resize(*got);
    if (read_ == 0) begin(raw_);
    read_ += *got;
    at_end_ = *got < kEncodingBytes;
    decoder_.decode(raw_, at_end_, held_);
  }
  return true;
}

void TextStream::begin(std::string_view start) {
  if (encoding_ == Encoding::kFound) encoding_ = find_encoding(start);
  decoder_ = TextDecoder(encoding_);
  byte_order_mark_ = start.starts_with("\xef\xbb\xbf") || start.starts_with("\xff\xfe") ||
                     start.starts_with("\xfe\xff");
}

}  // namespace sluice::doctor
