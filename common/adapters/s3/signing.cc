#include "common/adapters/s3/signing.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <map>

namespace sluice::s3 {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string hmac(std::string_view key, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  ::SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return hex({reinterpret_cast<const char*>(digest), sizeof digest});
}

Headers signed_headers(const ToSign& request, const Keys& keys, const std::string& region,
                       const std::string& now) {
  Headers out = request.headers;
  out.emplace_back("x-amz-content-sha256", request.body_sha256);
  out.emplace_back("x-amz-date", now);
  if (!keys.session_token.empty()) out.emplace_back("x-amz-security-token", keys.session_token);

  const std::size_t host_at = request.url.find("://") + 3;
  const std::size_t path_at = std::min(request.url.find('/', host_at), request.url.size());
  const std::size_t query_at = request.url.find('?', path_at);
  const std::string path = request.url.substr(path_at, query_at - path_at);
  const std::string query =
      query_at == std::string::npos ? "" : request.url.substr(query_at + 1);

  std::map<std::string, std::string> sorted;
  sorted["host"] = request.url.substr(host_at, std::min(path_at, query_at) - host_at);
  for (const auto& [name, value] : out) sorted[lower(name)] = value;
  std::string canonical_headers;
  std::string names;
  for (const auto& [name, value] : sorted) {
    canonical_headers += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = request.method + "\n" + (path.empty() ? "/" : path) + "\n" + query +
                                "\n" + canonical_headers + "\n" + names + "\n" +
                                request.body_sha256;
  const std::string day = now.substr(0, 8);
  const std::string scope = day + "/" + region + "/s3/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + now + "\n" + scope + "\n" + sha256_hex(canonical);
  const std::string key =
      hmac(hmac(hmac(hmac("AWS4" + keys.secret_access_key, day), region), "s3"), "aws4_request");
  out.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=" + keys.access_key_id + "/" + scope +
                                        ",SignedHeaders=" + names +
                                        ",Signature=" + hex(hmac(key, to_sign)));
  return out;
}

}  // namespace sluice::s3
