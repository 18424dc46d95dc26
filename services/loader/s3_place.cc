#include "services/loader/s3_place.h"

#include "common/adapters/s3/address.h"
#include "services/loader/core/export_plan.h"

namespace sluice::loader {
namespace {

// Above S3's least of 5 MiB; 10,000 parts are 78 GiB.
constexpr std::size_t kPartBytes = std::size_t{8} << 20;

// A bucket or an upload that is gone may be there at the next try, which begins anew.
[[noreturn]] void give_up(const s3::Failure& failure) {
  if (failure.kind == s3::FailureKind::kRefused) throw ExportRefused(failure.message);
  throw TaskBroken(failure.message);
}

template <typename T>
T checked(s3::Answer<T> answer) {
  if (!answer) give_up(answer.error());
  return *std::move(answer);
}

class ObjectInParts final : public ExportFile {
 public:
  ObjectInParts(s3::Client& client, std::string bucket, std::string key)
      : client_(client), bucket_(std::move(bucket)), key_(std::move(key)) {}
  ~ObjectInParts() override {
    // A server that is away keeps its parts; the next sweep ends them.
    if (!upload_.empty()) static_cast<void>(client_.abort_upload(bucket_, key_, upload_));
  }

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (pending_.size() == kPartBytes) send_part();
      const std::string_view piece = bytes.substr(0, kPartBytes - pending_.size());
      pending_ += piece;
      bytes.remove_prefix(piece.size());
    }
  }

  void publish() override {
    if (upload_.empty()) {
      checked(client_.put(bucket_, key_, pending_));
      return;
    }
    send_part();  // never empty: a full one waits for the bytes behind it
    checked(client_.complete_upload(bucket_, key_, upload_, etags_));
    upload_.clear();
  }

 private:
  void send_part() {
    if (upload_.empty()) upload_ = checked(client_.begin_upload(bucket_, key_));
    const int number = static_cast<int>(etags_.size()) + 1;
    etags_.push_back(checked(client_.upload_part(bucket_, key_, upload_, number, pending_)));
    pending_.clear();
  }

  s3::Client& client_;
  std::string bucket_, key_;
  std::string pending_;  // at most a part
  std::string upload_;   // empty: there are no parts
  std::vector<std::string> etags_;
};

}  // namespace

void S3Place::sweep(const ReportSpec& report, const std::string&) {
  const std::string ours[] = {prefix_ + "current/", prefix_ + "hist/"};
  for (const std::string& prefix : ours) {
    for (const s3::Upload& upload : checked(client_.uploads(bucket_, prefix))) {
      const std::string name = upload.key.substr(upload.key.rfind('/') + 1);
      if (!upload.key.starts_with(prefix) || !is_export_of(report, name)) continue;
      checked(client_.abort_upload(bucket_, upload.key, upload.id));
    }
  }
}

std::unique_ptr<ExportFile> S3Place::begin(const std::string& path) {
  return std::make_unique<ObjectInParts>(client_, bucket_, prefix_ + path);
}

std::optional<std::uint64_t> S3Place::size_of(const std::string& path) {
  const auto object = client_.head(bucket_, prefix_ + path);
  if (object) return object->bytes;
  if (object.error().kind == s3::FailureKind::kGone) return std::nullopt;
  give_up(object.error());
}

std::string S3Place::shown(const std::string& path) const {
  return s3::path_of(bucket_, prefix_ + path);
}

}  // namespace sluice::loader
