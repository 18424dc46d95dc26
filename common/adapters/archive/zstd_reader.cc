#include "common/adapters/archive/zstd_reader.h"

#include <algorithm>
#include <array>
#include <new>

namespace sluice::archive {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;
constexpr std::size_t kLongestHeader = 18;
// Beside the window: the context itself, and a block as it comes and as it goes.
constexpr std::uint64_t kBeside = 1 << 20;

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = size; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

}  // namespace

// RFC 8878, 3.1.1.1.
std::uint64_t memory_of_frame(std::string_view start) {
  if (start.size() < 6 || number_at(start, 0, 4) != ZSTD_MAGICNUMBER) return 0;
  const auto descriptor = static_cast<unsigned char>(start[4]);
  const bool single_segment = (descriptor & 0x20) != 0;
  std::size_t at = 5;
  std::uint64_t window = UINT64_MAX;
  if (!single_segment) {
    const auto said = static_cast<unsigned char>(start[at++]);
    window = std::uint64_t{1} << (10 + (said >> 3));
    window += window / 8 * (said & 7);
  }
  at += std::array<std::size_t, 4>{0, 1, 2, 4}[descriptor & 3];  // the dictionary's id
  std::size_t size_bytes = std::array<std::size_t, 4>{0, 2, 4, 8}[descriptor >> 6];
  if (size_bytes == 0 && single_segment) size_bytes = 1;
  std::uint64_t content = UINT64_MAX;
  if (size_bytes > 0 && at + size_bytes <= start.size()) {
    content = number_at(start, at, size_bytes) + (size_bytes == 2 ? 256 : 0);
  }
  const std::uint64_t taken = std::min(window, content);
  return taken == UINT64_MAX ? 0 : kBeside + taken;  // cut off in its header
}

ZstdReader::ZstdReader(std::unique_ptr<ByteReader> packed, const UnpackLimits& limits)
    : packed_(std::move(packed)), guard_(limits), memory_(memory_of(limits)), buffer_(kBuffer, '\0'),
      context_(ZSTD_createDCtx()) {
  if (context_ == nullptr) throw std::bad_alloc();
  // The limit that is kept here is the only one.
  ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, ZSTD_dParam_getBounds(ZSTD_d_windowLogMax).upperBound);
  in_.src = buffer_.data();
}

// Keeps what is not used yet.
Result<bool> ZstdReader::fill(std::size_t at_least) {
  if (in_.size - in_.pos >= at_least || packed_ended_) return true;
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(in_.pos),
            buffer_.begin() + static_cast<std::ptrdiff_t>(in_.size), buffer_.begin());
  in_.size -= in_.pos;
  in_.pos = 0;
  const auto room = std::span(buffer_).subspan(in_.size);
  const auto got = packed_->read(room);
  if (!got) return tl::unexpected(got.error());
  packed_ended_ = *got < room.size();
  guard_.in(*got);
  in_.size += *got;
  return true;
}

Result<bool> ZstdReader::begin_frame() {
  if (auto filled = fill(kLongestHeader); !filled) return filled;
  if (in_.pos == in_.size) return false;
  const std::string_view start = std::string_view(buffer_).substr(in_.pos, std::min(in_.size - in_.pos, kLongestHeader));
  if (const std::uint64_t need = memory_of_frame(start); need > 0) {
    if (auto reserved = reserve(memory_, need); !reserved) return reserved;
  } else if (start.size() >= 4 && (number_at(start, 0, 4) & ZSTD_MAGIC_SKIPPABLE_MASK) != ZSTD_MAGIC_SKIPPABLE_START &&
             number_at(start, 0, 4) != ZSTD_MAGICNUMBER) {
    // Frames of older kinds, too: they do not say what they need.
    return fail("The file has bytes behind its zstd data that are no zstd data.");
  }
  return true;
}

Result<std::size_t> ZstdReader::read(std::span<char> into) {
  ZSTD_outBuffer out{into.data(), into.size(), 0};
  while (out.pos < out.size && !ended_) {
    if (!in_frame_) {
      const auto begun = begin_frame();
      if (!begun) return tl::unexpected(begun.error());
      ended_ = !*begun;
      if (ended_) break;
    }
    if (auto filled = fill(1); !filled) return tl::unexpected(filled.error());
    const std::size_t had_in = in_.pos, had_out = out.pos;
    const std::size_t code = ZSTD_decompressStream(context_.get(), &out, &in_);
    if (ZSTD_isError(code) != 0) {
      return fail(std::string("The file's zstd data is damaged: ") + ZSTD_getErrorName(code) + ".");
    }
    if (auto good = guard_.out(out.pos - had_out); !good) return tl::unexpected(good.error());
    in_frame_ = code != 0;
    if (in_frame_ && packed_ended_ && in_.pos == in_.size && out.pos == had_out && in_.pos == had_in) {
      return fail("The file ends before its zstd data does; it is cut off.");
    }
  }
  return out.pos;
}

}  // namespace sluice::archive
