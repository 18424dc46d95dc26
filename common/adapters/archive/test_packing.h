#pragma once
// Packs bytes, for tests.

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/byte_reader.h"
#include "common/base/text_bytes.h"

namespace sluice::archive {

inline std::string packed_files(int (*format)(struct archive*), int (*filter)(struct archive*),
                                const std::vector<std::pair<std::string, std::string>>& files,
                                const char* password = nullptr) {
  std::size_t size = 1 << 20;
  for (const auto& [name, content] : files) size += 2 * content.size() + 4096;
  std::string out(size, '\0');
  std::size_t used = 0;
  struct archive* a = archive_write_new();
  EXPECT_EQ(format(a), ARCHIVE_OK);
  if (filter != nullptr) {
    EXPECT_EQ(filter(a), ARCHIVE_OK);
  }
  archive_write_set_bytes_in_last_block(a, 1);
  if (password != nullptr) {
    EXPECT_EQ(archive_write_set_options(a, "zip:encryption=traditional"), ARCHIVE_OK);
    EXPECT_EQ(archive_write_set_passphrase(a, password), ARCHIVE_OK);
  }
  EXPECT_EQ(archive_write_open_memory(a, out.data(), out.size(), &used), ARCHIVE_OK);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    const bool folder = name.ends_with('/');
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (!folder) archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    EXPECT_GE(archive_write_header(a, entry), ARCHIVE_WARN);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(a), ARCHIVE_OK);
  archive_write_free(a);
  out.resize(used);
  return out;
}

inline std::string compressed(int (*filter)(struct archive*), const std::string& content) {
  return packed_files(archive_write_set_format_raw, filter, {{"data", content}});
}

// All bytes, or "error: why".
inline std::string read_all(ByteReader& reader, std::size_t piece = 10'000) {
  std::string out, buffer(piece, '\0');
  for (;;) {
    const auto got = reader.read(buffer);
    if (!got) return "error: " + got.error().message;
    out.append(buffer, 0, *got);
    if (*got < buffer.size()) return out;
  }
}

}  // namespace sluice::archive
