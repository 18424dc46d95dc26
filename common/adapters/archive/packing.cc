#include "common/adapters/archive/packing.h"

#include "common/adapters/archive/bzip2_reader.h"
#include "common/adapters/archive/decoder_memory.h"
#include "common/adapters/archive/gzip_reader.h"
#include "common/adapters/archive/workbook.h"
#include "common/adapters/archive/xz_reader.h"
#include "common/adapters/archive/zstd_reader.h"

namespace sluice::archive {

MemoryBudget& memory_of(const UnpackLimits& limits) {
  return limits.memory != nullptr ? *limits.memory : decoder_memory();
}

Packing packing_of(std::string_view start) {
  using namespace std::string_view_literals;
  if (start.starts_with("\x1f\x8b")) return Packing::kGzip;
  if (start.starts_with("\x28\xb5\x2f\xfd")) return Packing::kZstd;
  if (start.starts_with("\xfd" "7zXZ\0"sv)) return Packing::kXz;
  if (start.starts_with("BZh") && start.size() > 9 &&
      (start.substr(4, 6) == "1AY&SY" || start.substr(4, 6) == "\x17\x72\x45\x38\x50\x90")) {
    return Packing::kBzip2;
  }
  if (start.starts_with("PK\3\4") || start.starts_with("PK\5\6")) return Packing::kZip;
  if (start.size() >= 263 && start.substr(257, 5) == "ustar") return Packing::kTar;
  return Packing::kNone;
}

std::unique_ptr<ByteReader> unpacked(std::unique_ptr<ByteReader> packed, Packing packing,
                                     const UnpackLimits& limits) {
  switch (packing) {
    case Packing::kGzip: return std::make_unique<GzipReader>(std::move(packed), limits);
    case Packing::kZstd: return std::make_unique<ZstdReader>(std::move(packed), limits);
    case Packing::kXz: return std::make_unique<XzReader>(std::move(packed), limits);
    default: return std::make_unique<Bzip2Reader>(std::move(packed), limits);
  }
}

Result<Content> packed_as(std::unique_ptr<ByteReader> bytes) {
  std::string start(kPackingBytes, '\0');
  const auto got = bytes->read(start);
  if (!got) return tl::unexpected(got.error());
  start.resize(*got);
  if (auto why = why_no_rows(start); !why.empty()) return fail(std::move(why));
  const Packing packing = packing_of(start);
  return Content{packing, std::make_unique<PrefixedReader>(std::move(start), std::move(bytes))};
}

Result<Content> content_of(std::unique_ptr<ByteReader> bytes, const UnpackLimits& limits) {
  auto outer = packed_as(std::move(bytes));
  if (!outer || !is_compressed(outer->packing)) return outer;
  return packed_as(unpacked(std::move(outer->bytes), outer->packing, limits));
}

}  // namespace sluice::archive
