#pragma once
// Files and folders that are still there after the machine stopped.

#include <filesystem>
#include <string_view>

#include "common/base/error.h"

namespace sluice::ingest {

// Makes a folder's entries durable. Where the file system does not offer it (some network ones) there
// is nothing to do; anything else that keeps it from being done is an Error, and errno says it too.
[[nodiscard]] Result<bool> sync_directory(const std::filesystem::path& path);
// False: errno says why.
bool write_all(int fd, const char* data, std::size_t size);
// Makes or replaces the file. Durable when it returns, but for its folder's entry.
Result<bool> write_file(const std::filesystem::path& path, std::string_view text);

}  // namespace sluice::ingest
