#include "common/adapters/s3/address.h"

#include <charconv>

namespace sluice::s3 {

namespace {

// Over TLS a dot cannot be: the "*" of a certificate stands for one label.
bool can_be_host(std::string_view bucket, bool tls) {
  for (const char c : bucket) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c == '.' && !tls);
    if (!plain) return false;
  }
  const std::string_view ends = "-.";
  return !bucket.empty() && ends.find(bucket.front()) == ends.npos && ends.find(bucket.back()) == ends.npos &&
         bucket.find("..") == bucket.npos;
}

}  // namespace

std::string encoded(std::string_view text, bool keep_slashes) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slashes);
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<Endpoint> endpoint_of(const std::string& url, const std::string& region,
                                    const std::string& addressing) {
  Endpoint out;
  out.bucket_in_host = addressing == "virtual" || (addressing == "auto" && url.empty());
  if (url.empty()) {
    out.host = "s3." + region + ".amazonaws.com";
    return out;
  }
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string::npos) return std::nullopt;
  out.scheme = url.substr(0, scheme_end);
  if (out.scheme != "http" && out.scheme != "https") return std::nullopt;
  const std::string rest = url.substr(scheme_end + 3);
  const std::size_t slash = rest.find('/');
  out.host = rest.substr(0, slash);
  if (slash != std::string::npos) out.path = rest.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  if (out.host.empty() || out.host.find_first_of("@?# ") != std::string::npos) return std::nullopt;
  if (out.path.find_first_of("?#") != std::string::npos) return std::nullopt;
  return out;
}

std::string url_of(const Endpoint& endpoint, const std::string& bucket, const std::string& key,
                   const Query& query) {
  const bool in_host = endpoint.bucket_in_host && can_be_host(bucket, endpoint.scheme == "https");
  std::string out = endpoint.scheme + "://";
  if (in_host) out += bucket + ".";
  out += endpoint.host + endpoint.path;
  if (!in_host && !bucket.empty()) out += "/" + encoded(bucket, false);
  out += "/" + encoded(key, true);
  if (!in_host && key.empty() && !bucket.empty()) out.pop_back();
  char separator = '?';
  for (const auto& [name, value] : query) {  // a map is sorted
    out += separator + encoded(name, false) + "=" + encoded(value, false);
    separator = '&';
  }
  return out;
}

std::string path_of(const std::string& bucket, const std::string& key) {
  return "s3://" + bucket + "/" + key;
}

std::optional<Place> place_of(std::string_view path) {
  constexpr std::string_view kScheme = "s3://";
  if (!path.starts_with(kScheme)) return std::nullopt;
  path.remove_prefix(kScheme.size());
  const std::size_t slash = path.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == path.size()) return std::nullopt;
  return Place{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace sluice::s3
