#include "common/adapters/archive/entry_rules.h"

#include <algorithm>
#include <vector>

#include "common/base/file_names.h"
#include "common/base/json_text.h"

namespace sluice::archive {
namespace {

constexpr std::size_t kLongestPath = 1024;

std::vector<std::string_view> parts_of(std::string_view path, std::string_view separators) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find_first_of(separators, at), path.size());
    out.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string plain_entry_path(std::string_view path) {
  std::string out = path.starts_with('/') ? "/" : "";
  for (const std::string_view part : parts_of(path, "/")) {
    if (part.empty() || part == ".") continue;
    if (!out.empty() && out.back() != '/') out += '/';
    out += part;
  }
  return out;
}

bool is_passed_over(std::string_view path) {
  return std::ranges::any_of(parts_of(path, "/"), [](std::string_view part) {
    return !part.empty() && part != ".." && (part == "__MACOSX" || is_temporary_name(part));
  });
}

std::string why_path_is_refused(std::string_view path) {
  if (path.size() > kLongestPath) return "The file's path in its archive is too long.";
  if (!is_valid_utf8(path)) return "The file's name in its archive is not UTF-8.";
  if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return "The file's name in its archive holds what is no printable text.";
  }
  if (path.starts_with('/') || path.starts_with('\\') ||
      (path.size() > 1 && path[1] == ':' && is_letter(path[0]))) {
    return "The file's path in its archive is absolute; such files are refused.";
  }
  if (std::ranges::count(parts_of(path, "/\\"), "..") > 0) {
    return "The file's path leads out of its archive; such files are refused.";
  }
  return {};
}

bool is_archive_name(std::string_view name) {
  if (name.ends_with(".zip") || name.ends_with(".tar")) return true;
  for (const std::string_view end : {".tgz", ".tbz2", ".txz", ".tzst", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"}) {
    if (name.ends_with(end)) return true;
  }
  return false;
}

}  // namespace sluice::archive
