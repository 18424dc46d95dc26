#include "services/ingest/archive_listing.h"

#include <optional>
#include <utility>

#include "common/adapters/archive/entry_rules.h"
#include "common/adapters/archive/workbook.h"
#include "common/base/json_text.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {
namespace {

// What an entry costs in the announcement beside its texts; of those a quote takes two bytes.
constexpr std::size_t kEntryBytes = 220;

struct Hashed {
  Sha256 hash;
  std::uint64_t bytes = 0;
};

class HashingReader final : public FileReader {
 public:
  HashingReader(std::unique_ptr<FileReader> bytes, std::shared_ptr<Hashed> hashed)
      : bytes_(std::move(bytes)), hashed_(std::move(hashed)) {}
  Result<std::size_t> read(std::span<char> into) override {
    const auto got = bytes_->read(into);
    if (!got) return got;
    hashed_->hash.add({into.data(), *got});
    hashed_->bytes += *got;
    return got;
  }

 private:
  std::unique_ptr<FileReader> bytes_;
  std::shared_ptr<Hashed> hashed_;
};

// The file at hand; keeps what is wrong with the archive apart from what is wrong with the file.
class EntryBytes final : public FileReader {
 public:
  EntryBytes(archive::ArchiveReader& files, std::optional<Error>& damage)
      : files_(files), damage_(damage) {}
  Result<std::size_t> read(std::span<char> into) override {
    auto got = files_.read(into);
    if (!got) damage_ = got.error();
    return got;
  }

 private:
  archive::ArchiveReader& files_;
  std::optional<Error>& damage_;
};

// Of a refused path, which is only told: what is no printable text would take six bytes a character in the
// announcement, and one of a MiB would not go into it at all.
std::string shown_path(const std::string& path) {
  constexpr std::size_t kShown = 1000;
  std::string out = path.substr(0, kShown);
  if (!is_valid_utf8(out)) {
    for (char& c : out) c = static_cast<unsigned char>(c) >= 0x80 ? '?' : c;
  }
  for (char& c : out) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return path.size() > kShown ? out + "..." : out;
}

// The patterns of all definitions, told for each of thousands of files, would fill the announcement.
std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class Listing {
 public:
  Listing(std::unique_ptr<FileReader> bytes, const Announcement& file, const DatasetOf& dataset_of,
          const DefinitionOf& definition_of, const std::function<bool()>& keep_going,
          const ListingLimits& limits)
      : file_(file),
        dataset_of_(dataset_of),
        definition_of_(definition_of),
        keep_going_(keep_going),
        limits_(limits),
        files_(std::make_unique<HashingReader>(std::move(bytes), hashed_), limits.archive) {}

  ArchiveListing run() {
    std::size_t listed = 0;
    while (keep_going_()) {
      const auto entry = files_.next();
      if (!entry) return refused(entry.error().message);
      if (!*entry) return whole();
      workbook_.see((*entry)->path);
      if (workbook_.are_all_seen()) return refused(archive::kWorkbook);
      ArchivedFile& file = out_.entries.emplace_back(examine(**entry));
      if (damage_) return refused(damage_->message);
      listed += kEntryBytes + file.dataset.size() +
                2 * (file.path.size() + file.path_values.size() + file.error.size());
      if (listed > limits_.listed_bytes) {
        return refused("The archive holds too many files for one; divide it.");
      }
    }
    out_.print.stopped = true;
    return std::move(out_);
  }

 private:
  ArchivedFile examine(const archive::ArchiveEntry& entry) {
    ArchivedFile out;
    out.entry = entry.number;
    out.path = entry.refusal.empty() ? entry.path : shown_path(entry.path);
    out.error = entry.refusal;
    if (!out.error.empty()) return out;
    if (archive::is_archive_name(entry.path)) {
      out.error = archive::kNestedArchive;
      return out;
    }
    const auto dataset = file_.dataset.empty() ? dataset_of_(last_part(entry.path))
                                               : Result<std::string>(file_.dataset);
    if (!dataset) {
      out.error = first_sentence(dataset.error().message);
      return out;
    }
    out.dataset = *dataset;
    const auto definition = definition_of_(out.dataset);
    if (definition != nullptr) {
      out.path_values = joined_path_values(*definition, file_.path + "/" + entry.path);
    }
    auto content = archive::content_of(std::make_unique<EntryBytes>(files_, damage_),
                                       limits_.archive.unpack);
    if (!content) {
      out.error = content.error().message;
    } else if (archive::holds_files(content->packing)) {
      out.error = archive::is_workbook_name(out.path) ? archive::kWorkbook : archive::kNestedArchive;
    } else {
      const Fingerprint print = fingerprint(*content->bytes, definition.get(), keep_going_);
      out.sha256 = print.sha256;
      out.error = print.error;
      out.bytes = print.bytes;
    }
    return out;
  }

  ArchiveListing whole() {
    if (out_.entries.empty()) return refused("The archive holds no files.");
    for (const std::uint32_t number : files_.links()) {
      ArchivedFile& link = out_.entries.at(number - 1);
      link = {number, std::move(link.path), {}, {}, 0, {}, archive::kLink};
    }
    out_.print.sha256 = hashed_->hash.hex();
    out_.print.bytes = hashed_->bytes;
    return std::move(out_);
  }

  ArchiveListing refused(std::string why) const {
    ArchiveListing out;
    out.print.error = std::move(why);
    out.print.bytes = hashed_->bytes;
    return out;
  }

  const Announcement& file_;
  const DatasetOf& dataset_of_;
  const DefinitionOf& definition_of_;
  const std::function<bool()>& keep_going_;
  const ListingLimits& limits_;
  std::shared_ptr<Hashed> hashed_ = std::make_shared<Hashed>();
  archive::ArchiveReader files_;
  archive::WorkbookMarks workbook_;
  std::optional<Error> damage_;
  ArchiveListing out_;
};

}  // namespace

ArchiveListing list_archive(std::unique_ptr<FileReader> bytes, const Announcement& file,
                            const DatasetOf& dataset_of, const DefinitionOf& definition_of,
                            const std::function<bool()>& keep_going, const ListingLimits& limits) {
  return Listing(std::move(bytes), file, dataset_of, definition_of, keep_going, limits).run();
}

}  // namespace sluice::ingest
