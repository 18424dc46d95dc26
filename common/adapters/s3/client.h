#pragma once
// Buckets and their objects. Every call is tried again for some seconds where the server is busy,
// away or cuts the connection; what remains is a Failure whose kind says what to do. Thread-safe;
// blocks for as long as the network takes.

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/adapters/s3/address.h"
#include "common/adapters/s3/answers.h"
#include "common/adapters/s3/transport.h"

namespace sluice::s3 {

enum class FailureKind {
  kAway,     // not reached, busy, or it does not know these keys (yet): try later
  kDenied,   // it knows the keys, and they may not do this: a person may grant it
  kGone,     // no such object or bucket
  kChanged,  // it is not the version that was asked for
  kRefused,  // the request itself is wrong for this server; trying again changes nothing
};

struct Failure {
  FailureKind kind = FailureKind::kAway;
  std::string message;  // what was asked, of whom, and what went wrong; no keys
  int status = 0;       // HTTP's, where there was one
};

template <typename T>
using Answer = tl::expected<T, Failure>;

struct ClientSettings {
  std::chrono::milliseconds patience{4000};  // of one call, over all its tries
  std::chrono::milliseconds first_pause{50};
};

class Client {
 public:
  // Throws ConfigError for an endpoint that is none.
  Client(const S3Settings& settings, Environment environment, ClientSettings patience = {});

  // All objects below a prefix, a page at a time, in the server's order.
  Answer<bool> list(const std::string& bucket, const std::string& prefix,
                    const std::function<void(std::vector<ObjectInfo>)>& page);
  // Only etag and bytes are known then.
  Answer<ObjectInfo> head(const std::string& bucket, const std::string& key);
  // Appends bytes [from, from + size) of this version; fewer only at the object's end. A connection
  // that is cut is taken up again at the next byte.
  Answer<bool> get(const std::string& bucket, const std::string& key, const std::string& etag,
                   std::uint64_t from, std::size_t size, std::string& into);
  Answer<bool> put(const std::string& bucket, const std::string& key, std::string_view body);
  // Copies this version within the bucket, at the server.
  Answer<bool> copy(const std::string& bucket, const std::string& from, const std::string& etag,
                    std::uint64_t bytes, const std::string& to);
  // This version, where the server can tell (else whatever stands there). Gone is success.
  Answer<bool> remove(const std::string& bucket, const std::string& key, const std::string& etag);
  // Adds a tag to those that are there.
  Answer<bool> tag(const std::string& bucket, const std::string& key, const std::string& name,
                   const std::string& value);
  using Tags = std::vector<std::pair<std::string, std::string>>;
  Answer<Tags> tags(const std::string& bucket, const std::string& key);

  // An object in parts, seen by nobody before complete_upload. Parts but the last have at least 5 MiB.
  Answer<std::string> begin_upload(const std::string& bucket, const std::string& key);
  Answer<std::string> upload_part(const std::string& bucket, const std::string& key,
                                  const std::string& upload, int number, std::string_view body);
  Answer<bool> complete_upload(const std::string& bucket, const std::string& key,
                               const std::string& upload, const std::vector<std::string>& etags);
  // Those below a prefix that were begun and neither completed nor aborted; at most a thousand.
  Answer<std::vector<Upload>> uploads(const std::string& bucket, const std::string& prefix);
  Answer<bool> abort_upload(const std::string& bucket, const std::string& key,
                            const std::string& upload);

  // Ends running calls, and all that follow, soon with kAway.
  void stop() { transport_.stop(); }

 private:
  struct Call {
    std::string method = "GET";
    std::string bucket;
    std::string key;
    Query query{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string_view body{};
  };
  Answer<HttpAnswer> perform(const Call& call);
  HttpAnswer once(const Call& call, std::size_t answer_limit);
  Failure failure_of(const Call& call, const HttpAnswer& answer) const;
  void pause(int tries) const;
  Answer<bool> copy_in_parts(const std::string& bucket, const std::string& from,
                             const std::string& etag, std::uint64_t bytes, const std::string& to);

  S3Settings settings_;
  Environment environment_;
  ClientSettings patience_;
  Endpoint endpoint_;
  Transport transport_;
};

}  // namespace sluice::s3
