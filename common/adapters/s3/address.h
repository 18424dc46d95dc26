#pragma once
// Where an object is on the wire: URLs as signing needs them (strictly percent-encoded, query sorted
// by name, "=" after an empty value). Pure.

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::s3 {

// Everything but letters, digits and -._~ (and '/', if told) becomes %XX.
std::string encoded(std::string_view text, bool keep_slashes);
// Back, for keys in listings and events; '+' is a space only where told.
std::string decoded(std::string_view text, bool plus_is_space);

struct Endpoint {
  std::string scheme = "https";
  std::string host;  // with the port, if it has one
  std::string path;  // in front of everything; "" or "/base"
  bool bucket_in_host = false;  // where its name can be one
};

// `url` is "http(s)://host[:port][/base]", empty for AWS's own of the region; addressing is "path",
// "virtual" or "auto". nullopt: not such a URL.
std::optional<Endpoint> endpoint_of(const std::string& url, const std::string& region,
                                    const std::string& addressing);

using Query = std::map<std::string, std::string>;

// An empty key: the bucket itself. A bucket whose name no host can have stands in the path everywhere.
std::string url_of(const Endpoint& endpoint, const std::string& bucket, const std::string& key,
                   const Query& query);

// "s3://bucket/key", as announcements name an object.
std::string path_of(const std::string& bucket, const std::string& key);
struct Place {
  std::string bucket;
  std::string key;
};
std::optional<Place> place_of(std::string_view path);

}  // namespace sluice::s3
