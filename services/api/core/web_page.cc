#include "services/api/core/web_page.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace sluice::api {
namespace {

constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

struct Kind {
  std::string_view ending, content_type;
};
constexpr std::array<Kind, 5> kKinds = {{{".html", "text/html; charset=utf-8"},
                                         {".js", "text/javascript; charset=utf-8"},
                                         {".css", "text/css; charset=utf-8"},
                                         {".svg", "image/svg+xml"},
                                         {".txt", "text/plain; charset=utf-8"}}};

// FNV-1a, 64 bits: tells the versions of a file apart; nobody gains by making two alike.
std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t out = 0xcbf29ce484222325U;
  for (const char c : bytes) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return out;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  for (const Kind& kind : kKinds) {
    if (file_name.ends_with(kind.ending)) return kind.content_type;
  }
  return "application/octet-stream";
}

WebPage::WebPage(std::span<const EmbeddedFile> files) {
  for (const EmbeddedFile& file : files) {
    files_[std::string(file.name)] = {file.bytes, content_type_of(file.name),
                                      fmt::format("\"{:016x}-{}\"", hash_of(file.bytes), file.bytes.size())};
  }
}

const WebFile* WebPage::find(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : &found->second;
}

std::vector<std::pair<std::string, std::string>> web_headers(const WebFile& file) {
  return {{"ETag", file.etag},
          // no-cache: keep it, but ask each time whether it is still right.
          {"Cache-Control", "no-cache"},
          {"Content-Security-Policy", std::string(kPolicy)},
          {"Cross-Origin-Opener-Policy", "same-origin"},
          {"Referrer-Policy", "no-referrer"}};
}

}  // namespace sluice::api
