#pragma once
// The web page's files as answers: by name, with what a browser must be told of each. The files themselves are in
// web/, and in the binary (cmake/embed.cmake). Pure.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/embedded_file.h"

namespace sluice::api {

struct WebFile {
  std::string_view bytes;
  std::string_view content_type;
  std::string etag;  // of the bytes: another build with the same file has the same
};

class WebPage {
 public:
  static constexpr std::string_view kIndex = "index.html";

  explicit WebPage(std::span<const EmbeddedFile> files);

  const WebFile* find(std::string_view name) const;  // null: there is no such file

 private:
  std::map<std::string, WebFile, std::less<>> files_;
};

// "text/html; charset=utf-8" of "index.html". Only of the kinds that the page is made of; of another kind it is
// application/octet-stream, which a browser does not show.
std::string_view content_type_of(std::string_view file_name);

// With every file of the page. Nothing comes from elsewhere, no script or style stands in the markup, nothing is framed,
// and no text becomes markup (trusted types).
std::vector<std::pair<std::string, std::string>> web_headers(const WebFile& file);

}  // namespace sluice::api
