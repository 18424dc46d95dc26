#include "common/adapters/archive/gzip_reader.h"

#include <algorithm>

namespace sluice::archive {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr int kGzipOnly = 15 + 16;

}  // namespace

GzipReader::GzipReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits)
    : packed_(std::move(packed)), guard_(limits), buffer_(kBuffer, '\0') {
  if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() { inflateEnd(&stream_); }

Result<bool> GzipReader::fill() {
  if (stream_.avail_in > 0 || packed_ended_) return true;
  const auto got = packed_->read(buffer_);
  if (!got) return tl::unexpected(got.error());
  packed_ended_ = *got < buffer_.size();
  guard_.in(*got);
  stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
  stream_.avail_in = static_cast<uInt>(*got);
  return true;
}

// Behind a member: another one, or padding of zeros up to the end.
Result<bool> GzipReader::next_member() {
  for (;;) {
    if (auto filled = fill(); !filled) return filled;
    if (stream_.avail_in == 0) {
      ended_ = true;
      return true;
    }
    if (*stream_.next_in == 0x1f) break;
    if (*stream_.next_in != 0) return fail("The file has bytes behind its gzip data that are no gzip data.");
    ++stream_.next_in;
    --stream_.avail_in;
  }
  inflateReset2(&stream_, kGzipOnly);
  return true;
}

Result<std::size_t> GzipReader::read(std::span<char> into) {
  stream_.next_out = reinterpret_cast<Bytef*>(into.data());
  stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), 1U << 30));
  while (stream_.avail_out > 0 && !ended_) {
    if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
    if (stream_.avail_in == 0) return fail("The file ends before its gzip data does; it is cut off.");
    const uInt room = stream_.avail_out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    if (auto good = guard_.out(room - stream_.avail_out); !good) return tl::unexpected(good.error());
    if (code == Z_STREAM_END) {
      if (auto next = next_member(); !next) return tl::unexpected(next.error());
    } else if (code != Z_OK) {
      return fail(fmt::format("The file's gzip data is damaged: {}.",
                              stream_.msg != nullptr ? stream_.msg : "it cannot be unpacked"));
    }
  }
  return into.size() - stream_.avail_out;
}

}  // namespace sluice::archive
