#pragma once
// What S3 servers answer in XML. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"

namespace sluice::s3 {

struct ObjectInfo {
  std::string key;
  std::string etag;  // without quotes
  std::uint64_t bytes = 0;
  std::int64_t mtime_ns = 0;
};

struct ListPage {
  std::vector<ObjectInfo> objects;
  std::string next;  // continuation token; empty: this was the last page
};

// Of ListObjectsV2. url_encoded: it was asked for with encoding-type=url, which alone can name keys
// with characters that XML has not; but servers do not agree about '+' in it.
Result<ListPage> parse_list(std::string_view xml, bool url_encoded);

// An object in parts that has been begun.
struct Upload {
  std::string key;
  std::string id;
};
// Of ListMultipartUploads; keys as they are. Those without key or id are left out: nothing can be asked of them.
std::vector<Upload> parse_uploads(std::string_view xml);

// <Error><Code/><Message/></Error>, also inside a 200 (CopyObject, CompleteMultipartUpload). Code is
// empty if it is none.
struct ErrorAnswer {
  std::string code;
  std::string message;
};
ErrorAnswer parse_error(std::string_view xml);

// The text of the first element of this name; empty if there is none.
std::string first_text(std::string_view xml, std::string_view element);
std::vector<std::pair<std::string, std::string>> parse_tags(std::string_view xml);

// "text" -> text; weak ones (W/"…") too.
std::string unquoted(std::string_view etag);

std::string xml_escaped(std::string_view text);

}  // namespace sluice::s3
