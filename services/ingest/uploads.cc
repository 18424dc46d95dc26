#include "services/ingest/uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "common/adapters/http/multipart.h"
#include "common/base/crash_point.h"
#include "common/base/memory_budget.h"
#include "common/model/origin.h"
#include "services/ingest/core/retry_lines.h"
#include "services/ingest/core/sha256.h"
#include "services/ingest/unpacked_body.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kBuffer = 256UL * 1024;
constexpr std::size_t kMaxFiles = 1000;
constexpr std::size_t kMaxField = 1024;
constexpr auto kStuckAfter = std::chrono::seconds(10);

http::Response come_back(int status, std::string_view title, std::string_view why,
                         const char* seconds = "5") {
  http::Response out = http::problem(status, title, why);
  out.headers.emplace_back("Retry-After", seconds);
  return out;
}

// No dataset takes it.
http::Response refused(const std::string& name, const Error& why) {
  return http::problem(422, "File refused", name + ": " + why.message);
}

http::Response json(int status, std::string body) {
  return {status, "application/json", {}, std::move(body) + "\n"};
}

std::string name_of_key(const std::string& key) {
  Sha256 hash;
  hash.add(key);
  return "key-" + hash.hex().substr(0, 32);
}

std::string random_name() {
  static thread_local std::mt19937_64 random(std::random_device{}());
  return fmt::format("new-{:016x}{:016x}", random(), random());
}

// The receipt as /v1/files would show it.
std::string state_of(const Announcement& file) {
  FileEntry entry;
  entry.file = file;
  entry.error = file.error;
  entry.state = file.error.empty() ? FileState::kFound : FileState::kFailed;
  const auto all = nlohmann::ordered_json::parse(to_json(entry));
  nlohmann::ordered_json out;
  for (const char* name :
       {"id", "name", "path", "dataset", "source", "sha256", "bytes", "state", "rows", "records",
        "dead_letters", "duplicates", "corrections", "late", "duplicate_of", "error", "started_at",
        "finished_at", "event_time_max"}) {
    out[name] = all.at(name);
  }
  out["place"] = place_of(file.id);
  return out.dump();
}

http::Response accepted(const Upload& upload) {
  std::string list;
  for (const UploadedFile& file : upload.files) {
    list += (list.empty() ? "" : ",") + state_of(*file.announcement);
  }
  http::Response out = json(202, upload.files.size() == 1 ? list : "{\"files\":[" + list + "]}");
  out.headers.emplace_back("Location", "/v1/files/" + upload.files.front().announcement->id);
  return out;
}

// Counts a name as in hand for as long as it lives.
class InHand {
 public:
  InHand(std::mutex& mutex, std::set<std::string>& names, const std::string& name)
      : mutex_(mutex), names_(names), name_(name) {
    const std::lock_guard lock(mutex_);
    taken_ = names_.insert(name_).second;
  }
  ~InHand() {
    const std::lock_guard lock(mutex_);
    if (taken_) names_.erase(name_);
  }
  InHand(const InHand&) = delete;
  InHand& operator=(const InHand&) = delete;
  bool taken() const { return taken_; }

 private:
  std::mutex& mutex_;
  std::set<std::string>& names_;
  std::string name_;
  bool taken_ = false;
};

}  // namespace

Uploads::Uploads(UploadsParts parts) : parts_(std::move(parts)), spool_(parts_.folder) {}

Uploads::~Uploads() { stop(); }

void Uploads::start() {
  const std::lock_guard lock(mutex_);
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

void Uploads::stop() {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

http::Response Uploads::receive(const http::Request& request, http::BodyReader& body) {
  const auto wanted = read_upload_request(request);
  if (!wanted) return wanted.error();
  if (auto refusal = refuse_now(request)) return *refusal;
  UnpackedBody unpacked(body, parts_.limit_bytes);
  http::BodyReader& content = wanted->gzip ? static_cast<http::BodyReader&>(unpacked) : body;
  if (wanted->key.empty() || wanted->dry_run) return receive_new(*wanted, random_name(), content);
  const std::string name = name_of_key(wanted->key);
  const InHand in_hand(mutex_, names_in_hand_, name);
  if (!in_hand.taken()) {
    return come_back(409, "Conflict", "A request with this Idempotency-Key is being answered.", "1");
  }
  if (auto known = answer_known(*wanted, name, content)) return *known;
  return receive_new(*wanted, name, content);
}

// What can be known before the body comes.
std::optional<http::Response> Uploads::refuse_now(const http::Request& request) {
  {
    const std::lock_guard lock(mutex_);
    const bool stuck =
        !queue_.empty() && parts_.clock.steady_now() - queued_since_ > kStuckAfter;
    if (!running_ || stuck) {
      return come_back(503, "Temporarily unavailable",
                       "Uploads are not taken now: ingest is starting, stopping, or has no broker.");
    }
  }
  // A stream that was passed on has no length any more; who passed it on tells.
  std::string length(request.header("content-length"));
  if (length.empty()) length = request.header("sluice-content-length");
  if (!length.empty() && std::strtoull(length.c_str(), nullptr, 10) > spool_.free_bytes()) {
    return come_back(507, "Insufficient storage", "There is no room on the disk for this upload.",
                     "60");
  }
  return std::nullopt;
}

// The answer to a repetition; nullopt: this key is new, or was used more than a day ago.
std::optional<http::Response> Uploads::answer_known(const UploadRequest& request,
                                                    const std::string& name,
                                                    http::BodyReader& body) {
  const auto known = spool_.find(name);
  if (!known) return std::nullopt;
  if (parts_.clock.unix_ms() - known->received_ms > kKeyHolds_ms && known->announced()) {
    const bool waits = std::ranges::any_of(
        known->files, [&](const auto& file) { return spool_.file_of(*known, file).has_value(); });
    if (!waits) {
      spool_.remove(name);
      return std::nullopt;
    }
  }
  if (known->request != request.signature()) {
    return http::problem(422, "Key used before",
                         "This Idempotency-Key belongs to an upload of another name or dataset.");
  }
  if (auto refusal = refuse_other_content(request, *known, body)) return refusal;
  if (!known->announced()) take_up(name);
  std::shared_ptr<Pending> pending;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = pending_.find(name); found != pending_.end()) pending = found->second;
  }
  if (pending) return answer_when_announced(pending);
  const auto now = spool_.find(name);
  if (now && now->announced()) return accepted(*now);
  return come_back(503, "Temporarily unavailable", "The upload is being announced elsewhere.");
}

// A key that is used for a second delivery by mistake must not swallow it. The body is received as any other, and
// then dropped: a form's bytes differ each time, its files do not.
std::optional<http::Response> Uploads::refuse_other_content(const UploadRequest& request,
                                                            const Upload& known,
                                                            http::BodyReader& body) {
  auto incoming = spool_.begin();
  if (!incoming) return spool_problem(incoming.error());
  const auto files = receive_files(request, **incoming, body);
  if (!files) return files.error();
  const auto same = [](const UploadedFile& a, const UploadedFile& b) {
    return a.path == b.path && a.sha256 == b.sha256;
  };
  if (std::ranges::equal(*files, known.files, same)) return std::nullopt;
  return http::problem(422, "Key used before",
                       "This Idempotency-Key belongs to an upload of other content. Nothing of this "
                       "request was taken; send it with a key of its own.");
}

http::Response Uploads::receive_new(const UploadRequest& request, const std::string& name,
                                    http::BodyReader& body) {
  if (!request.boundary && !(request.dry_run && request.dataset.empty())) {
    const auto dataset = parts_.dataset(request.dataset, request.name);
    if (!dataset) return refused(request.name, dataset.error());
  }
  auto incoming = spool_.begin();
  if (!incoming) return spool_problem(incoming.error());
  auto files = receive_files(request, **incoming, body);
  if (!files) return files.error();
  if (request.dry_run) return try_out(**incoming, *files);
  return keep({name, request.signature(), parts_.clock.unix_ms(), std::move(*files)}, **incoming);
}

http::Response Uploads::keep(Upload upload, IncomingUpload& incoming) {
  const auto kept = incoming.keep(upload);
  if (!kept) return spool_problem(kept.error());
  if (!*kept) {
    return come_back(409, "Conflict", "A request with this Idempotency-Key is being answered.", "1");
  }
  crash_point("ingest.upload-kept");
  return answer_when_announced(announce(std::move(upload), incoming.take_lock()));
}

// Needs no Idempotency-Key: the same letters by the same definition are the same file, which is read once.
http::Response Uploads::receive_retry(const http::Request& request, http::BodyReader& body) {
  if (request.query.size() != 1 || request.query.front().first != "dataset") {
    return http::problem(400, "Bad request", "A retry takes dataset in its query.");
  }
  const std::string& dataset = request.query.front().second;
  if (auto refusal = refuse_now(request)) return *refusal;
  const auto first = parts_.first_line_of_retry(dataset);
  if (!first) return http::problem(422, "Retry refused", first.error().message);
  auto incoming = spool_.begin();
  if (!incoming) return spool_problem(incoming.error());
  UploadedFile file{dataset + "-retry.ndjson", dataset, {}, {}, true, std::string(kRetrySource)};
  auto stored = store_file(std::move(file), **incoming, body, *first);
  if (!stored) return stored.error();
  return keep({random_name(), {}, parts_.clock.unix_ms(), {std::move(*stored)}}, **incoming);
}

tl::expected<std::vector<UploadedFile>, http::Response> Uploads::receive_files(
    const UploadRequest& request, IncomingUpload& incoming, http::BodyReader& body) {
  if (request.boundary) return receive_form(request, incoming, body);
  auto file = receive_file(request, request.name, incoming, body);
  if (!file) return tl::unexpected(file.error());
  return std::vector<UploadedFile>{std::move(*file)};
}

// Every part with a file name is a file; a field `dataset` before it says whose. The rest means
// nothing.
tl::expected<std::vector<UploadedFile>, http::Response> Uploads::receive_form(
    const UploadRequest& wanted, IncomingUpload& incoming, http::BodyReader& body) {
  http::MultipartReader form(body, *wanted.boundary);
  UploadRequest request = wanted;
  std::vector<UploadedFile> files;
  for (;;) {
    auto part = form.next();
    if (!part) return tl::unexpected(part.error());
    if (!*part) break;
    if (!(*part)->file_name) {
      std::string value(kMaxField, '\0');
      const auto size = form.read(value);
      if (!size) return tl::unexpected(size.error());
      value.resize(*size);
      if ((*part)->name == "dataset") request.dataset = std::move(value);
      continue;
    }
    if (files.size() == kMaxFiles || (!request.name.empty() && !files.empty())) {
      return tl::unexpected(http::problem(
          422, "File refused", "A form has at most 1000 files, and one if ?name= names it."));
    }
    const std::string& name = request.name.empty() ? *(*part)->file_name : request.name;
    const bool twice =
        std::ranges::any_of(files, [&](const auto& file) { return file.path == name; });
    if (twice) {
      return tl::unexpected(
          http::problem(422, "File refused", "The form has two files named " + name + "."));
    }
    auto file = receive_file(request, name, incoming, form);
    if (!file) return tl::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  if (files.empty()) {
    return tl::unexpected(http::problem(
        422, "File refused", "The form has no file: none of its parts has a file name."));
  }
  return files;
}

tl::expected<UploadedFile, http::Response> Uploads::receive_file(const UploadRequest& request,
                                                                 const std::string& name,
                                                                 IncomingUpload& incoming,
                                                                 http::BodyReader& body) {
  if (auto why = why_name_is_refused(name); !why.empty()) {
    return tl::unexpected(http::problem(422, "File refused", why));
  }
  const auto dataset = parts_.dataset(request.dataset, name);
  // A dry run tells of a file that no definition takes, too.
  if (!dataset && !(request.dry_run && request.dataset.empty())) {
    return tl::unexpected(refused(name, dataset.error()));
  }
  return store_file({name, dataset ? *dataset : "", {}, {}, !request.dataset.empty()}, incoming, body, {});
}

tl::expected<UploadedFile, http::Response> Uploads::store_file(UploadedFile file, IncomingUpload& incoming,
                                                               http::BodyReader& body, std::string_view first) {
  Sha256 hash;
  auto done = incoming.begin_file(file.path);
  hash.add(first);
  if (done) done = incoming.write(first);
  std::string buffer(kBuffer, '\0');
  for (std::size_t got = buffer.size(); done && got == buffer.size();) {
    const auto read = body.read(buffer);
    if (!read) return tl::unexpected(read.error());
    got = *read;
    hash.add(std::string_view(buffer).substr(0, got));
    done = incoming.write(std::string_view(buffer).substr(0, got));
  }
  if (done) done = incoming.end_file();
  if (!done) return tl::unexpected(spool_problem(done.error()));
  file.sha256 = hash.hex();
  return file;
}

http::Response Uploads::try_out(const IncomingUpload& incoming,
                                const std::vector<UploadedFile>& files) const {
  std::vector<doctor::Diagnosis> found;
  try {
    for (const UploadedFile& file : files) {
      auto of_file = parts_.examine(
          {incoming.absolute(file.path), file.path, file.declared ? file.dataset : ""});
      std::ranges::move(of_file, std::back_inserter(found));
    }
  } catch (const MemoryBusy&) {
    return come_back(503, "Temporarily unavailable",
                     "Other files are being unpacked, and take all the memory there is for that.", "1");
  }
  return json(200, to_json(found));
}

http::Response Uploads::answer_when_announced(const std::shared_ptr<Pending>& pending) {
  std::unique_lock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + parts_.answer_within;
  changed_.wait_until(lock, deadline, [&] { return !running_ || pending->left.empty(); });
  if (pending->left.empty() && pending->upload.announced()) return accepted(pending->upload);
  return come_back(503, "Temporarily unavailable",
                   "The upload is stored and will be read; its id is not known yet. Repeat the "
                   "request with the same Idempotency-Key to get it.");
}

http::Response Uploads::spool_problem(const SpoolTrouble& trouble) const {
  parts_.on_trouble(trouble.message);
  if (trouble.disk_full) {
    return come_back(507, "Insufficient storage", "There is no room on the disk for this upload.",
                     "60");
  }
  return come_back(503, "Temporarily unavailable", "The upload cannot be stored now.", "10");
}

std::optional<std::string> Uploads::first_state(const std::string& file_id) {
  const std::lock_guard lock(mutex_);
  const auto found = recent_.find(file_id);
  if (found == recent_.end()) return std::nullopt;
  return state_of(found->second);
}

}  // namespace sluice::ingest
