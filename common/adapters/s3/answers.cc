#include "common/adapters/s3/answers.h"

#include <expat.h>

#include <charconv>
#include <functional>
#include <memory>
#include <optional>

#include "common/adapters/s3/address.h"
#include "common/base/calendar.h"

namespace sluice::s3 {
namespace {

// Calls back with each element's path ("ListBucketResult/Contents/Key") and text at its end.
class Walker {
 public:
  using OnEnd = std::function<void(const std::string& path, const std::string& text)>;
  static bool walk(std::string_view xml, OnEnd on_end) {
    Walker walker(std::move(on_end));
    const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate(nullptr),
                                                                         XML_ParserFree);
    XML_SetUserData(parser.get(), &walker);
    XML_SetElementHandler(parser.get(), begin, end);
    XML_SetCharacterDataHandler(parser.get(), text);
    return XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK;
  }

 private:
  explicit Walker(OnEnd on_end) : on_end_(std::move(on_end)) {}
  static void begin(void* self, const char* name, const char**) {
    auto& walker = *static_cast<Walker*>(self);
    walker.path_ += walker.path_.empty() ? name : std::string("/") + name;
    walker.text_.clear();
  }
  static void end(void* self, const char*) {
    auto& walker = *static_cast<Walker*>(self);
    walker.on_end_(walker.path_, walker.text_);
    const std::size_t slash = walker.path_.rfind('/');
    walker.path_.resize(slash == std::string::npos ? 0 : slash);
    walker.text_.clear();
  }
  static void text(void* self, const char* data, int size) {
    static_cast<Walker*>(self)->text_.append(data, static_cast<std::size_t>(size));
  }

  OnEnd on_end_;
  std::string path_;
  std::string text_;
};

// nullopt: it is no whole number that 64 bits hold.
std::optional<std::uint64_t> size_of(const std::string& text) {
  std::uint64_t out = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  if (text.empty() || at != end || error != std::errc()) return std::nullopt;
  return out;
}

// Nanoseconds of "2026-11-21T10:00:00.123Z"; 0 if it is not such a text, or of a time that 64 bits do not hold
// (before 1677 or after 2262).
std::int64_t nanoseconds(const std::string& instant) {
  const auto found = parse_iso_instant(instant);
  std::int64_t out = 0;
  if (!found || __builtin_mul_overflow(found->micros, std::int64_t{1000}, &out)) return 0;
  return out;
}

}  // namespace

std::string unquoted(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

Result<ListPage> parse_list(std::string_view xml, bool url_encoded) {
  ListPage page;
  bool is_list = false;
  bool truncated = false;
  bool all_named = true;
  std::string bad_size;  // what is wrong with the first size that is none
  ObjectInfo object;
  bool has_size = false;
  const bool well_formed = Walker::walk(xml, [&](const std::string& path, const std::string& text) {
    constexpr std::string_view kContents = "ListBucketResult/Contents";
    if (path == kContents) {
      all_named = all_named && !object.key.empty();
      if (!has_size && bad_size.empty()) bad_size = "no size";
      has_size = false;
      page.objects.push_back(std::exchange(object, {}));
    } else if (path == "ListBucketResult/Contents/Key") {
      object.key = url_encoded ? decoded(text, true) : text;
    } else if (path == "ListBucketResult/Contents/ETag") {
      object.etag = unquoted(text);
    } else if (path == "ListBucketResult/Contents/Size") {
      const auto bytes = size_of(text);
      if (!bytes && bad_size.empty()) bad_size = "the size \"" + text.substr(0, 40) + "\"";
      object.bytes = bytes.value_or(0);
      has_size = true;
    } else if (path == "ListBucketResult/Contents/LastModified") {
      object.mtime_ns = nanoseconds(text);
    } else if (path == "ListBucketResult/NextContinuationToken") {
      page.next = text;
    } else if (path == "ListBucketResult/IsTruncated") {
      truncated = text == "true";
    } else if (path == "ListBucketResult") {
      is_list = true;
    }
  });
  if (!well_formed || !is_list) return fail("the answer to a listing is not a ListBucketResult");
  if (!all_named) return fail("a listing has an object without a key");
  if (!bad_size.empty()) return fail("a listing has an object with " + bad_size);
  if (truncated && page.next.empty()) return fail("a listing is cut off and does not say how to go on");
  if (!truncated) page.next.clear();
  return page;
}

std::vector<Upload> parse_uploads(std::string_view xml) {
  std::vector<Upload> out;
  Upload upload;
  Walker::walk(xml, [&](const std::string& path, const std::string& text) {
    if (path == "ListMultipartUploadsResult/Upload/Key") upload.key = text;
    if (path == "ListMultipartUploadsResult/Upload/UploadId") upload.id = text;
    if (path != "ListMultipartUploadsResult/Upload") return;
    if (!upload.key.empty() && !upload.id.empty()) out.push_back(upload);
    upload = {};
  });
  return out;
}

ErrorAnswer parse_error(std::string_view xml) {
  ErrorAnswer out;
  Walker::walk(xml, [&](const std::string& path, const std::string& text) {
    if (path == "Error/Code") out.code = text;
    if (path == "Error/Message") out.message = text;
  });
  return out;
}

std::string first_text(std::string_view xml, std::string_view element) {
  std::string out;
  const std::string suffix = "/" + std::string(element);
  Walker::walk(xml, [&](const std::string& path, const std::string& text) {
    if (out.empty() && path.ends_with(suffix)) out = text;
  });
  return out;
}

std::vector<std::pair<std::string, std::string>> parse_tags(std::string_view xml) {
  std::vector<std::pair<std::string, std::string>> out;
  std::string key;
  std::string value;
  Walker::walk(xml, [&](const std::string& path, const std::string& text) {
    if (path.ends_with("/Tag/Key")) key = text;
    if (path.ends_with("/Tag/Value")) value = text;
    if (path.ends_with("/Tag")) out.emplace_back(std::exchange(key, {}), std::exchange(value, {}));
  });
  return out;
}

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace sluice::s3
