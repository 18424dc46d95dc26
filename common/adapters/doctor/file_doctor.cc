#include "common/adapters/doctor/file_doctor.h"

#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <set>
#include <utility>

#include "common/adapters/archive/archive_reader.h"
#include "common/adapters/archive/entry_rules.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/workbook.h"
#include "common/doctor/diagnose.h"
#include "common/doctor/diagnosis_json.h"

namespace sluice {
namespace {

using archive::Packing;
using Datasets = std::vector<std::shared_ptr<const Dataset>>;
// Gives the same bytes from the beginning each time.
using Opener = std::function<std::unique_ptr<ByteReader>()>;

class FileBytes final : public ByteReader {
 public:
  explicit FileBytes(const std::string& path) : in_(path, std::ios::binary) {}
  Result<std::size_t> read(std::span<char> into) override {
    in_.read(into.data(), static_cast<std::streamsize>(into.size()));
    if (in_.bad() || !in_.is_open()) return fail("The file cannot be read.");
    return static_cast<std::size_t>(in_.gcount());
  }

 private:
  std::ifstream in_;
};

// The file at hand of an archive.
class EntryBytes final : public ByteReader {
 public:
  explicit EntryBytes(archive::ArchiveReader& entries) : entries_(entries) {}
  Result<std::size_t> read(std::span<char> into) override { return entries_.read(into); }

 private:
  archive::ArchiveReader& entries_;
};

// What cannot be read shows when it is read as what it is not.
std::string start_of(const Opener& open) {
  std::string start(archive::kPackingBytes, '\0');
  start.resize(open()->read(start).value_or(0));
  return start;
}

class Doctor {
 public:
  Doctor(const ExaminedFile& file, const Datasets& datasets) : file_(file), datasets_(datasets) {
    for (const auto& dataset : datasets) {
      taken_.insert(dataset->name);
      for (const ReportSpec& report : dataset->reports) taken_.insert(report.name);
    }
  }

  std::vector<doctor::Diagnosis> run() {
    Opener open = [this] { return std::make_unique<FileBytes>(file_.path); };
    std::string start = start_of(open);
    Packing packing = archive::packing_of(start);
    if (archive::is_compressed(packing)) {
      open = [packed = std::move(open), packing] {
        return archive::unpacked(packed(), packing, {});
      };
      start = start_of(open);
      packing = archive::packing_of(start);
    }
    if (auto why = archive::why_no_rows(start); !why.empty()) {
      refuse(file_.name, std::move(why));
    } else if (archive::holds_files(packing)) {
      examine_entries(open());
    } else {
      examine(*open(), file_.name);
    }
    return std::move(out_);
  }

 private:
  void examine_entries(std::unique_ptr<ByteReader> bytes) {
    archive::ArchiveReader entries(std::move(bytes), {});
    archive::WorkbookMarks workbook;
    for (;;) {
      const auto entry = entries.next();
      if (!entry) return refuse(file_.name, entry.error().message);
      if (!*entry) break;
      workbook.see((*entry)->path);
      if (workbook.are_all_seen()) {
        out_.clear();
        return refuse(file_.name, archive::kWorkbook);
      }
      examine_entry(entries, **entry);
    }
    for (const std::uint32_t number : entries.links()) {  // each of the archive's files has one by now
      doctor::Diagnosis& link = out_.at(number - 1);
      doctor::Diagnosis refused;
      refused.file = link.file;
      refused.error = archive::kLink;
      link = std::move(refused);
    }
    if (out_.empty()) refuse(file_.name, "The archive holds no files.");
  }

  void examine_entry(archive::ArchiveReader& entries, const archive::ArchiveEntry& entry) {
    const std::string name = file_.name + "/" + entry.path;
    if (!entry.refusal.empty()) return refuse(name, entry.refusal);
    auto content = archive::content_of(std::make_unique<EntryBytes>(entries), {});
    if (!content) return refuse(name, content.error().message);
    if (archive::is_archive_name(name) || archive::holds_files(content->packing)) {
      return refuse(name, archive::is_workbook_name(name) ? archive::kWorkbook : archive::kNestedArchive);
    }
    examine(*content->bytes, name);
  }

  void examine(ByteReader& bytes, const std::string& name) {
    const std::string last = name.substr(name.rfind('/') + 1);
    Datasets takers = takers_of(last);
    if (takers.size() != 1 && name != file_.name) {  // what its own name does not settle goes with the archive's
      auto of_archive = takers_of(file_.name.substr(file_.name.rfind('/') + 1));
      if (of_archive.size() == 1) takers = std::move(of_archive);
    }
    if (takers.size() > 1) {
      return refuse(name, fmt::format("Two definitions take a file of this name: {} and {}.",
                                      takers[0]->name, takers[1]->name));
    }
    if (takers.empty() && !file_.dataset.empty()) {
      return refuse(name, fmt::format("There is no dataset {}.", file_.dataset));
    }
    out_.push_back(doctor::diagnose(bytes, name, takers.empty() ? nullptr : takers.front(), taken_));
  }

  Datasets takers_of(const std::string& name) const {
    Datasets out;
    for (const auto& dataset : datasets_) {
      const bool takes =
          file_.dataset.empty() ? takes_file(*dataset, name) : dataset->name == file_.dataset;
      if (takes) out.push_back(dataset);
    }
    return out;
  }

  void refuse(const std::string& name, std::string why) {
    doctor::Diagnosis& diagnosis = out_.emplace_back();
    diagnosis.file = name.substr(name.rfind('/') + 1);
    diagnosis.error = std::move(why);
  }

  const ExaminedFile& file_;
  const Datasets& datasets_;
  std::set<std::string> taken_;
  std::vector<doctor::Diagnosis> out_;
};

}  // namespace

std::vector<doctor::Diagnosis> examine_file(const ExaminedFile& file, const Datasets& datasets) {
  return Doctor(file, datasets).run();
}

std::string to_json(const std::vector<doctor::Diagnosis>& diagnoses) {
  if (diagnoses.size() == 1) return doctor::to_json(diagnoses.front());
  std::string out = "{\"files\":[";
  for (const doctor::Diagnosis& diagnosis : diagnoses) {
    if (!out.ends_with('[')) out += ',';
    out += doctor::to_json(diagnosis);
  }
  return out + "]}";
}

}  // namespace sluice
