#pragma once
// What the path of a file in an archive means. Nothing is ever written under such a path; it names the file
// for its definition and its receipt.

#include <string>
#include <string_view>

namespace sluice::archive {

// Without "./" and empty parts; a '/' it begins with is kept.
std::string plain_entry_path(std::string_view path);
// Hidden and temporary files (".name", "name~", "name.part", …), what lies in such folders, and what macOS adds:
// none is its sender's, as in the landing folder.
bool is_passed_over(std::string_view path);
// A sentence; empty: it is not refused.
std::string why_path_is_refused(std::string_view path);
// Whether a file of this name is expected to hold files: .zip, .tar, .tgz, .tar.gz, …
bool is_archive_name(std::string_view name);
// Of what is no file in its archive; of a zip only its end tells.
inline constexpr const char* kLink = "This is no file but a link or a device in its archive; such are not followed.";
// Of one that lies in another, by its name or its bytes.
inline constexpr const char* kNestedArchive = "This is an archive inside an archive, which is not unpacked.";

}  // namespace sluice::archive
