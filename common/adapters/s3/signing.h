#pragma once
// AWS Signature Version 4 for S3. Pure. libcurl could sign too, but Debian 12's sorts headers wrongly
// where one name begins with another (x-amz-copy-source and x-amz-copy-source-if-match).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/adapters/s3/credentials.h"

namespace sluice::s3 {

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string sha256_hex(std::string_view bytes);

struct ToSign {
  std::string method;
  std::string url;          // as url_of gives it: encoded, its query sorted
  Headers headers;          // all of them are signed; Host comes from the URL
  std::string body_sha256;  // hex
};

// The headers to send: those given, and what signing adds. `now` is "20130524T000000Z".
Headers signed_headers(const ToSign& request, const Keys& keys, const std::string& region,
                       const std::string& now);

}  // namespace sluice::s3
