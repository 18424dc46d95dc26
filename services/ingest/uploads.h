#pragma once
// Uploads: a request's body becomes files of the source "upload", or one of the source "retry", each exactly
// once. The body goes to the spool (upload_spool.h) as it comes; once the upload stands there whole it is never lost, and the
// answer is given when its files are announced. A repetition under the same Idempotency-Key meets the
// upload's folder and gets the first answer again, for 24 hours, also after a crash in between.
//
// receive() runs on the HTTP server's threads, many at once; the rest on a thread of its own and on
// those of the announcer.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/adapters/doctor/file_doctor.h"
#include "common/adapters/http/server.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "services/ingest/upload_request.h"
#include "services/ingest/upload_spool.h"

namespace sluice::ingest {

struct UploadsParts {
  std::string folder;
  std::uint64_t limit_bytes;  // of a body, unpacked too
  const Clock& clock;
  // The dataset of a file: as declared, or by its name. The Error says what there is.
  std::function<Result<std::string>(const std::string& declared, const std::string& name)> dataset{};
  // What a retry of the dataset's dead letters begins with; the Error says why there can be none.
  std::function<Result<std::string>(const std::string& dataset)> first_line_of_retry{};
  // Announcer::found and announce_again.
  std::function<void(const std::vector<Sighting>&)> found{};
  std::function<void(const Announcement&)> announce_again{};
  // What would become of a file.
  std::function<std::vector<doctor::Diagnosis>(const ExaminedFile&)> examine{};
  std::function<void(const std::string& message)> on_trouble = [](const std::string&) {};
  std::chrono::milliseconds answer_within{20'000};
  std::chrono::milliseconds sweep_every{30'000};
};

class Uploads {
 public:
  explicit Uploads(UploadsParts parts);
  ~Uploads();
  // From here on uploads are taken, and what was left of the last run is announced.
  void start();
  void stop();

  http::Response receive(const http::Request& request, http::BodyReader& body);
  // The body: dead letters (common/model/retried_letter.h) of the dataset that the query names.
  http::Response receive_retry(const http::Request& request, http::BodyReader& body);
  // The first state of a file that was uploaded here lately; nullopt: it is not known here.
  std::optional<std::string> first_state(const std::string& file_id);

  // The announcer's threads, for every source.
  void before_announce(const Announcement& file);
  void announced(const Announcement& file);

 private:
  static constexpr std::int64_t kKeyHolds_ms = 24LL * 3600 * 1000;

  // A whole upload whose files are being announced.
  struct Pending {
    Upload upload;
    FileDescriptor lock;
    std::set<std::string> left;  // paths not announced yet
  };

  http::Response receive_new(const UploadRequest& request, const std::string& name,
                             http::BodyReader& body);
  std::optional<http::Response> answer_known(const UploadRequest& request, const std::string& name,
                                             http::BodyReader& body);
  std::optional<http::Response> refuse_other_content(const UploadRequest& request,
                                                     const Upload& known, http::BodyReader& body);
  std::optional<http::Response> refuse_now(const http::Request& request);
  tl::expected<std::vector<UploadedFile>, http::Response> receive_files(
      const UploadRequest& request, IncomingUpload& incoming, http::BodyReader& body);
  tl::expected<std::vector<UploadedFile>, http::Response> receive_form(
      const UploadRequest& request, IncomingUpload& incoming, http::BodyReader& body);
  tl::expected<UploadedFile, http::Response> receive_file(const UploadRequest& request,
                                                          const std::string& name,
                                                          IncomingUpload& incoming,
                                                          http::BodyReader& body);
  // Behind `first`, if there is something that is to stand before it.
  tl::expected<UploadedFile, http::Response> store_file(UploadedFile file, IncomingUpload& incoming,
                                                        http::BodyReader& body, std::string_view first);
  http::Response keep(Upload upload, IncomingUpload& incoming);
  http::Response try_out(const IncomingUpload& incoming,
                         const std::vector<UploadedFile>& files) const;
  http::Response answer_when_announced(const std::shared_ptr<Pending>& pending);
  http::Response spool_problem(const SpoolTrouble& trouble) const;

  void run();
  void sweep();
  void take_up(const std::string& name);
  void announce_files(const Upload& upload);
  std::shared_ptr<Pending> announce(Upload upload, FileDescriptor lock);
  void settle(const std::string& name, const std::string& path);

  UploadsParts parts_;
  UploadSpool spool_;
  std::mutex mutex_;  // all below
  std::condition_variable changed_;
  bool running_ = false;
  std::set<std::string> names_in_hand_;  // of keys that are being answered
  std::map<std::string, std::shared_ptr<Pending>> pending_;
  std::deque<std::string> queue_;  // of pending_, for the thread
  Clock::Steady queued_since_{};
  std::map<std::string, Announcement> recent_;  // by id
  std::deque<std::string> recent_order_;
  std::thread thread_;
};

}  // namespace sluice::ingest
