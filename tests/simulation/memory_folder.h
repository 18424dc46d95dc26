#pragma once
// The landing folder in memory. Moving a file away is a durable effect like any other.

#include <map>
#include <set>
#include <string>

#include "services/ingest/core/file_source.h"
#include "tests/support/memory_log.h"

namespace sluice::testing {

class MemoryFolder final : public ingest::FileSource {
 public:
  explicit MemoryFolder(FaultPlan& faults) : faults_(faults) {}

  void put(const std::string& path, std::string content) {
    File file{std::move(content), {}};
    file.identity = {file.content.size(), 1'700'000'000'000'000'000 + static_cast<std::int64_t>(next_inode_), next_inode_};
    ++next_inode_;
    landing_[path] = std::move(file);
  }
  const std::set<std::string>& archived() const { return archived_; }
  const std::map<std::string, std::string>& rejected() const { return rejected_; }
  bool empty() const { return landing_.empty(); }

  std::optional<ingest::FileIdentity> identity(const Announcement& file) override { return identity_at(file.path); }
  std::optional<ingest::FileIdentity> identity_at(const std::string& path) const {
    const auto found = landing_.find(path);
    if (found == landing_.end()) return std::nullopt;
    return found->second.identity;
  }
  Result<std::unique_ptr<ingest::FileReader>> open(const Announcement& file, std::uint64_t from_byte) override {
    const auto found = landing_.find(file.path);
    if (found == landing_.end()) return fail(file.path + " is gone");
    return std::make_unique<Reader>(found->second.content, from_byte);
  }
  Result<bool> archive(const Announcement& file) override {
    faults_.before("archive");
    if (take(file)) archived_.insert(file.path);
    faults_.after("archive");
    return true;
  }
  Result<bool> reject(const Announcement& file, std::string_view reason) override {
    faults_.before("reject");
    if (take(file)) rejected_[file.path] = std::string(reason);
    faults_.after("reject");
    return true;
  }

 private:
  struct File {
    std::string content;
    ingest::FileIdentity identity;
  };
  // A file that is moved away while it is read stays readable, as on a disk.
  class Reader final : public ingest::FileReader {
   public:
    Reader(std::string content, std::uint64_t from) : content_(std::move(content)), at_(from) {}
    Result<std::size_t> read(std::span<char> into) override {
      const std::size_t from = std::min<std::size_t>(at_, content_.size());
      const std::size_t size = std::min(into.size(), content_.size() - from);
      content_.copy(into.data(), size, from);
      at_ = from + size;
      return size;
    }

   private:
    std::string content_;
    std::uint64_t at_;
  };
  bool take(const Announcement& file) {
    const auto found = landing_.find(file.path);
    if (found == landing_.end() || !(found->second.identity == ingest::identity_of(file))) return false;
    landing_.erase(found);
    return true;
  }

  FaultPlan& faults_;
  std::map<std::string, File> landing_;
  std::set<std::string> archived_;
  std::map<std::string, std::string> rejected_;
  std::uint64_t next_inode_ = 1;
};

}  // namespace sluice::testing
