#include "common/adapters/archive/zip_directory.h"

#include <algorithm>

namespace sluice::archive {
namespace {

constexpr std::string_view kEntry = "PK\1\2";
constexpr std::size_t kEntryBytes = 46;  // and its name, extra fields and comment
constexpr std::uint32_t kElsewhere = 0xFFFFFFFF;  // in a field of zip64

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t out = 0;
  for (std::size_t i = size; i-- > 0;) out = out << 8 | static_cast<unsigned char>(bytes[at + i]);
  return out;
}

// Where an entry's file stands, of zip64 in an extra field behind those of its sizes that do not fit either.
std::uint64_t place_of(std::string_view entry, std::string_view extra) {
  const std::uint64_t at = number_at(entry, 42, 4);
  if (at != kElsewhere) return at;
  std::size_t before = 0;
  for (const std::size_t size_at : {20, 24}) before += number_at(entry, size_at, 4) == kElsewhere ? 8 : 0;
  while (extra.size() >= 4) {
    const std::string_view field = extra.substr(4, number_at(extra, 2, 2));
    if (number_at(extra, 0, 2) == 1 && field.size() >= before + 8) return number_at(field, before, 8);
    extra.remove_prefix(4 + field.size());
  }
  return at;
}

// By the mode that Unix tools write, whoever says to have written it.
bool is_link(std::string_view entry) {
  constexpr unsigned kType = 0170000, kFile = 0100000, kFolder = 0040000;
  const auto type = static_cast<unsigned>(number_at(entry, 40, 2)) & kType;
  return type != 0 && type != kFile && type != kFolder;
}

}  // namespace

void ZipDirectory::add(std::string_view bytes) {
  if (ended_) return;
  rest_ += bytes;
  if (!begun_) {
    const std::size_t at = rest_.find(kEntry);
    begun_ = at != std::string::npos;
    rest_.erase(0, begun_ ? at : rest_.size() - std::min(rest_.size(), kEntry.size() - 1));
  }
  std::string_view left = rest_;
  while (begun_ && read_entry(left)) {
  }
  rest_.erase(0, ended_ ? rest_.size() : rest_.size() - left.size());
}

bool ZipDirectory::read_entry(std::string_view& left) {
  if (left.size() < kEntry.size()) return false;
  ended_ = !left.starts_with(kEntry) || entries_.size() == most_;
  if (ended_ || left.size() < kEntryBytes) return false;
  const std::size_t name = number_at(left, 28, 2), extra = number_at(left, 30, 2), comment = number_at(left, 32, 2);
  const std::size_t size = kEntryBytes + name + extra + comment;
  if (left.size() < size) return false;
  entries_.push_back({place_of(left, left.substr(kEntryBytes + name, extra)), is_link(left)});
  left.remove_prefix(size);
  return true;
}

std::vector<bool> ZipDirectory::links() const {
  auto ordered = entries_;
  std::ranges::stable_sort(ordered, {}, &Entry::at);
  std::vector<bool> out;
  for (const Entry& entry : ordered) out.push_back(entry.link);
  return out;
}

}  // namespace sluice::archive
