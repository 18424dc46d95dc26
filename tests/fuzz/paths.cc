// Names of files and objects: globs and names that two of them take, what is taken from a path, names of uploads,
// places in buckets. A line each: a glob, a pattern (and a second glob), a path.

#include "common/adapters/s3/address.h"
#include "common/base/json_text.h"
#include "common/definition/definition.h"
#include "common/definition/overlaps.h"
#include "common/rows/path_values.h"
#include "services/ingest/upload_request.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

namespace {

void check_upload_name(std::string_view name) {
  if (!ingest::why_name_is_refused(name).empty()) return;
  LAW("a name is UTF-8 and not empty", !name.empty() && is_valid_utf8(name));
  LAW("a name leads nowhere else", ("/" + std::string(name) + "/").find("/.") == std::string::npos &&
                                       ("/" + std::string(name) + "/").find("//") == std::string::npos);
  for (const char c : name) LAW("a name is printable", static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void check_object(std::string_view path) {
  for (const bool slashes : {false, true}) {
    LAW("a key that is encoded is decoded to the same", s3::decoded(s3::encoded(path, slashes), true) == path);
  }
  s3::decoded(path, true);
  if (const auto place = s3::place_of(path)) {
    LAW("an object's place is told as it came", s3::path_of(place->bucket, place->key) == path);
  }
  if (const auto endpoint = s3::endpoint_of(std::string(path), "r", "path")) {
    LAW("an endpoint has a host", !endpoint->host.empty() && (endpoint->scheme == "http" || endpoint->scheme == "https"));
    s3::url_of(*endpoint, "bucket", "key", {{"prefix", std::string(path)}});
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  Dataset dataset;
  dataset.files = {std::string(choices.line())};
  // The checker refuses patterns whose braces do not pair.
  const std::string_view literal = choices.line(), path = choices.rest();
  takes_file(dataset, path);
  // With the next line, or the path, as a second glob.
  for (const std::string_view other : {literal, path}) {
    if (dataset.files[0].size() > 200 || other.size() > 200) continue;
    std::vector<Dataset> two(2);
    two[0].files = dataset.files;
    two[1].files = {std::string(other)};
    for (const Overlap& overlap : overlaps_of(two)) {
      LAW("both take what is said", takes_file(two[0], overlap.example) && takes_file(two[1], overlap.example));
      LAW("it is a file's name", !overlap.example.empty() && overlap.example.front() != '.' &&
                                     overlap.example.find('/') == std::string::npos);
    }
    // Of classes and escapes that are broken, who reads them says what they mean.
    const bool plain = (dataset.files[0] + std::string(other)).find_first_of(std::string_view("[\\\0/", 4)) ==
                       std::string::npos;
    const bool name = !path.empty() && path.front() != '.' && path.find('/') == std::string_view::npos &&
                      path.find('\0') == std::string_view::npos;
    if (plain && name && takes_file(two[0], path) && takes_file(two[1], path)) {
      LAW("what both take is an overlap", !overlaps_of(two).empty());
    }
  }
  dataset.path_pattern = std::string(literal.substr(0, literal.find_first_of("{}"))) + "{a}/{b}";
  dataset.path_fields = {"a", "b"};
  if (const auto values = path_values(dataset, path)) {
    LAW("each name has a value", values->size() == 2);
    for (const std::string& value : *values) {
      LAW("a value stands in one part of the path", !value.empty() && value.find('/') == std::string::npos);
      LAW("a value stands in the path", path.find(value) != std::string_view::npos);
    }
  }
  check_upload_name(path);
  check_object(path);
  return 0;
}
