#include "services/ingest/s3_reader.h"

#include <algorithm>
#include <future>

namespace sluice::ingest {
namespace {

constexpr std::size_t kPart = std::size_t{4} << 20;

using Part = s3::Answer<std::shared_ptr<const std::string>>;

std::string version_of(const Announcement& file) { return file.path + '\n' + file.version; }

class ObjectReader final : public FileReader {
 public:
  ObjectReader(s3::Client& client, SmallObjects& small, const Announcement& file,
               std::uint64_t from_byte)
      : client_(client),
        small_(small),
        file_(file),
        place_(s3::place_of(file.path).value_or(s3::Place{})),
        next_(from_byte) {}

  Result<std::size_t> read(std::span<char> into) override {
    std::size_t have = 0;
    while (have < into.size()) {
      if (part_ == nullptr || taken_ == part_->size()) {
        if (next_ >= file_.bytes) break;
        auto part = coming_.valid() ? coming_.get() : fetch(next_);
        if (!part) return failed(part.error());
        part_ = std::move(*part);
        taken_ = 0;
        if (part_->empty()) break;
        next_ += part_->size();
        if (next_ < file_.bytes) {
          coming_ = std::async(std::launch::async, [this, at = next_] { return fetch(at); });
        }
      }
      const std::size_t size = part_->copy(into.data() + have, into.size() - have, taken_);
      have += size;
      taken_ += size;
    }
    return have;
  }

 private:
  // Any thread.
  Part fetch(std::uint64_t from) const {
    const bool is_small = file_.bytes <= SmallObjects::kLargest;
    if (is_small) {
      if (const auto kept = small_.get(version_of(file_))) {
        return from == 0 ? kept : std::make_shared<const std::string>(kept->substr(from));
      }
    }
    auto bytes = std::make_shared<std::string>();
    const auto got = client_.get(
        place_.bucket, place_.key, file_.version, from,
        static_cast<std::size_t>(std::min<std::uint64_t>(kPart, file_.bytes - from)), *bytes);
    if (!got) return tl::unexpected(got.error());
    if (is_small && from == 0) small_.put(version_of(file_), bytes);
    return bytes;
  }

  static tl::unexpected<Error> failed(const s3::Failure& failure) {
    switch (failure.kind) {
      case s3::FailureKind::kGone:
        return fail("The object was taken away while it was read.");
      case s3::FailureKind::kChanged:
        return fail("The object changed while it was read; its new content is taken as a new file.");
      case s3::FailureKind::kRefused:
        return fail("The object cannot be read: " + failure.message + ".");
      case s3::FailureKind::kDenied:
        throw AccessRefused(failure.message);
      case s3::FailureKind::kAway:
        break;
    }
    throw SourceAway(failure.message);
  }

  s3::Client& client_;
  SmallObjects& small_;
  const Announcement file_;
  const s3::Place place_;
  std::uint64_t next_;  // behind part_, or what is coming
  std::shared_ptr<const std::string> part_;
  std::size_t taken_ = 0;
  std::future<Part> coming_;  // last: its destructor waits for a fetch that uses the rest
};

}  // namespace

void SmallObjects::put(const std::string& version, std::shared_ptr<const std::string> bytes) {
  if (bytes->size() > kLargest) return;
  const std::lock_guard lock(mutex_);
  if (!by_version_.emplace(version, bytes).second) return;
  held_ += bytes->size() + version.size();
  order_.emplace_back(version, std::move(bytes));
  while (held_ > bound_) {
    held_ -= order_.front().second->size() + order_.front().first.size();
    by_version_.erase(order_.front().first);
    order_.pop_front();
  }
}

std::shared_ptr<const std::string> SmallObjects::get(const std::string& version) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_version_.find(version);
  return found == by_version_.end() ? nullptr : found->second;
}

std::unique_ptr<FileReader> read_object(s3::Client& client, SmallObjects& small,
                                        const Announcement& file, std::uint64_t from_byte) {
  return std::make_unique<ObjectReader>(client, small, file, from_byte);
}

}  // namespace sluice::ingest
