#include "common/adapters/archive/xz_reader.h"

#include <new>

namespace sluice::archive {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

const char* what_is_wrong(lzma_ret code) {
  switch (code) {
    case LZMA_FORMAT_ERROR: return "it is no xz data";
    case LZMA_OPTIONS_ERROR: return "it is packed in a way that is not known";
    case LZMA_DATA_ERROR: return "its check fails";
    default: return "it cannot be unpacked";
  }
}

}  // namespace

// The least memory first: each block says what it needs before anything is allocated for it.
XzReader::XzReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits)
    : packed_(std::move(packed)), guard_(limits), memory_(memory_of(limits)), buffer_(kBuffer, '\0') {
  if (lzma_stream_decoder(&stream_, 1, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
}

XzReader::~XzReader() { lzma_end(&stream_); }

Result<bool> XzReader::fill() {
  if (stream_.avail_in > 0 || packed_ended_) return true;
  const auto got = packed_->read(buffer_);
  if (!got) return tl::unexpected(got.error());
  packed_ended_ = *got < buffer_.size();
  guard_.in(*got);
  stream_.next_in = reinterpret_cast<const std::uint8_t*>(buffer_.data());
  stream_.avail_in = *got;
  return true;
}

Result<bool> XzReader::more_memory() {
  const std::uint64_t need = lzma_memusage(&stream_);
  if (auto reserved = reserve(memory_, need); !reserved) return reserved;
  lzma_memlimit_set(&stream_, need);
  return true;
}

Result<std::size_t> XzReader::read(std::span<char> into) {
  stream_.next_out = reinterpret_cast<std::uint8_t*>(into.data());
  stream_.avail_out = into.size();
  while (stream_.avail_out > 0 && !ended_) {
    if (auto filled = fill(); !filled) return tl::unexpected(filled.error());
    const std::size_t room = stream_.avail_out;
    const lzma_ret code = lzma_code(&stream_, packed_ended_ ? LZMA_FINISH : LZMA_RUN);
    if (auto good = guard_.out(room - stream_.avail_out); !good) return tl::unexpected(good.error());
    if (code == LZMA_STREAM_END) {
      ended_ = true;
    } else if (code == LZMA_MEMLIMIT_ERROR) {
      if (auto more = more_memory(); !more) return tl::unexpected(more.error());
    } else if (code == LZMA_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (code == LZMA_BUF_ERROR) {
      return fail("The file ends before its xz data does; it is cut off.");
    } else if (code != LZMA_OK) {
      return fail(std::string("The file's xz data is damaged: ") + what_is_wrong(code) + ".");
    }
  }
  return into.size() - stream_.avail_out;
}

}  // namespace sluice::archive
