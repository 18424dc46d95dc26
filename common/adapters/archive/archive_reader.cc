#include "common/adapters/archive/archive_reader.h"

#include <algorithm>

#include "common/adapters/archive/decoder_memory.h"
#include "common/adapters/archive/entry_rules.h"
#include "common/adapters/archive/zip_directory.h"

namespace sluice::archive {
namespace {

// A zip ends with its directory's own end (22 bytes and a comment); a tar with a block of zeros.
constexpr std::size_t kTailBytes = 22 + 65'535;
constexpr std::size_t kTarBlock = 512;

unsigned number_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) | unsigned{static_cast<unsigned char>(bytes[at + 1])} << 8;
}

// Of a zip's file, as libarchive names it: "ZIP 2.0 (deflation)".
std::string_view packed_by(std::string_view format_name) {
  const std::size_t from = format_name.find('(');
  return from == std::string_view::npos ? "" : format_name.substr(from + 1, format_name.size() - from - 2);
}

// lzma, xz, zstd and PPMd take as much memory as the file says, and libarchive asks nobody.
std::string why_packing_is_refused(std::string_view packed_by) {
  if (packed_by == "uncompressed" || packed_by == "deflation" || packed_by == "bzip") return {};
  return fmt::format("The file is packed in its zip as {}, which is not unpacked; make the zip with deflate or bzip2.",
                     packed_by.empty() ? "nobody knows" : packed_by);
}

}  // namespace

class ArchiveReader::Tail final : public ByteReader {
 public:
  Tail(std::unique_ptr<ByteReader> bytes, std::shared_ptr<Seen> seen)
      : bytes_(std::move(bytes)), seen_(std::move(seen)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const auto got = bytes_->read(into);
    if (!got) return got;
    std::string& tail = seen_->tail;
    tail.append(into.data(), *got);
    if (tail.size() > 2 * kTailBytes) tail.erase(0, tail.size() - kTailBytes);
    seen_->bytes += *got;
    return got;
  }

 private:
  std::unique_ptr<ByteReader> bytes_;
  std::shared_ptr<Seen> seen_;
};

ArchiveReader::ArchiveReader(std::unique_ptr<ByteReader> bytes, const ArchiveLimits& limits)
    : seen_(std::make_shared<Seen>()),
      feed_(std::make_unique<Tail>(std::move(bytes), seen_), limits.unpack),
      archive_(archive_read_new()),
      limits_(limits),
      memory_(memory_of(limits.unpack)) {
  archive_read_support_format_zip_streamable(archive_.get());
  archive_read_support_format_tar(archive_.get());
}

Error ArchiveReader::error() const {
  feed_.rethrow();
  if (feed_.failed) return *feed_.failed;
  if (!encrypted_.empty()) {
    return {"The archive's file " + encrypted_ + " is encrypted, and what stands behind it cannot be found."};
  }
  const char* why = archive_error_string(archive_.get());
  return {fmt::format("The archive cannot be unpacked, it is damaged or cut off: {}.", why != nullptr ? why : "no reason given")};
}

Result<std::optional<ArchiveEntry>> ArchiveReader::next() {
  if (!opened_) {
    opened_ = true;
    if (!feed_.open(archive_.get())) return tl::unexpected(error());
  }
  for (;;) {
    archive_entry* header = nullptr;
    const int code = archive_read_next_header(archive_.get(), &header);
    if (code == ARCHIVE_EOF) {
      if (auto whole = check_whole(); !whole) return tl::unexpected(whole.error());
      return std::optional<ArchiveEntry>();
    }
    // A warning is about a name or a time; the data are good.
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return tl::unexpected(error());
    encrypted_.clear();
    if (++headers_ > limits_.headers) {
      return fail(fmt::format("The archive has more than {} entries; such archives are refused.",
                              limits_.headers));
    }
    const bool zip = archive_format(archive_.get()) == ARCHIVE_FORMAT_ZIP;
    if (zip) numbers_.push_back(0);
    if (archive_entry_filetype(header) == AE_IFDIR) continue;
    const char* name = archive_entry_pathname_utf8(header);
    if (name == nullptr) name = archive_entry_pathname(header);
    if (name == nullptr) return fail("The archive holds a file without a name.");
    ArchiveEntry entry{0, plain_entry_path(name), {}};
    if (entry.path.empty() || is_passed_over(entry.path)) continue;
    entry.number = ++files_;
    if (zip) numbers_.back() = files_;
    if (files_ > limits_.files) {
      return fail(fmt::format("The archive holds more than {} files; such archives are refused.",
                              limits_.files));
    }
    entry.refusal = why_path_is_refused(entry.path);
    if (archive_entry_is_encrypted(header) != 0) {
      encrypted_ = entry.path;
      entry.refusal = "The file is encrypted in its archive.";
    } else if (archive_entry_hardlink(header) != nullptr || archive_entry_filetype(header) != AE_IFREG) {
      entry.refusal = kLink;
    } else if (zip) {
      const std::string_view packed = packed_by(archive_format_name(archive_.get()));
      if (auto why = why_packing_is_refused(packed); !why.empty()) entry.refusal = std::move(why);
      if (packed == "bzip") {
        if (auto reserved = reserve(memory_, kBzip2Memory); !reserved) return tl::unexpected(reserved.error());
      }
    }
    return std::optional(std::move(entry));
  }
}

Result<std::size_t> ArchiveReader::read(std::span<char> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const la_ssize_t got = archive_read_data(archive_.get(), into.data() + filled, into.size() - filled);
    if (got < 0) return tl::unexpected(error());
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (auto good = feed_.guard.out(static_cast<std::size_t>(got)); !good) return tl::unexpected(good.error());
  }
  return filled;
}

// libarchive takes what is cut off between two files for the end.
Result<bool> ArchiveReader::check_whole() {
  const bool zip = archive_format(archive_.get()) == ARCHIVE_FORMAT_ZIP;
  const std::string& tail = seen_->tail;
  ZipDirectory directory(limits_.headers);
  if (zip) {
    const std::uint64_t unread = seen_->bytes - static_cast<std::uint64_t>(archive_filter_bytes(archive_.get(), 0));
    if (unread > tail.size()) return fail("The archive's directory cannot be found.");
    directory.add(std::string_view(tail).substr(tail.size() - unread));
  }
  std::string rest(64 * 1024, '\0');
  for (;;) {  // to the very end
    const auto got = feed_.bytes->read(rest);
    if (!got) return tl::unexpected(got.error());
    if (zip) directory.add(std::string_view(rest).substr(0, *got));
    if (*got < rest.size()) break;
  }
  if (zip) {
    const std::size_t end = tail.rfind("PK\5\6");
    if (end != std::string::npos && tail.size() - end >= 22) {
      const unsigned entries = number_at(tail, end + 10);
      if (entries == 0xFFFF || entries == (headers_ & 0xFFFFU)) return find_links(directory.links());
    }
  } else if (tail.size() >= kTarBlock) {
    const std::string_view block = std::string_view(tail).substr(tail.size() - kTarBlock);
    if (std::ranges::all_of(block, [](char c) { return c == '\0'; })) return true;
  }
  return fail("The archive is cut off: its end is missing.");
}

Result<bool> ArchiveReader::find_links(const std::vector<bool>& in_order) {
  if (in_order.size() != numbers_.size()) return fail("The archive is damaged: its directory lists other files than it holds.");
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    if (in_order[i] && numbers_[i] != 0) links_.push_back(numbers_[i]);
  }
  return true;
}

}  // namespace sluice::archive
