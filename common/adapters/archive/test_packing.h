#pragma once
// Packs bytes, for tests.

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/byte_reader.h"
#include "common/base/text_bytes.h"

namespace sluice::archive {

// A name that ends with '/' is a folder, content that begins with kLinkTo a symbolic link to the rest.
inline constexpr const char* kLinkTo = "\x1blink to ";

inline std::string packed_files(int (*format)(struct archive*), int (*filter)(struct archive*),
                                const std::vector<std::pair<std::string, std::string>>& files,
                                const char* password = nullptr) {
  std::size_t size = 1 << 20;
  for (const auto& [name, content] : files) size += 2 * content.size() + 3 * name.size() + 4096;
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
    const bool folder = name.ends_with('/'), link = content.starts_with(kLinkTo);
    archive_entry_set_filetype(entry, folder ? AE_IFDIR : link ? AE_IFLNK : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (link) archive_entry_set_symlink(entry, content.c_str() + std::string_view(kLinkTo).size());
    if (!folder && !link) archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    EXPECT_GE(archive_write_header(a, entry), ARCHIVE_WARN);
    if (!link) archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(a), ARCHIVE_OK);
  archive_write_free(a);
  out.resize(used);
  return out;
}

// A file of a zip as its headers describe it, rightly or not.
struct StoredFile {
  std::string name, content;
  std::uint16_t flags = 0;  // 1: encrypted
  std::uint32_t packed_size = 0, size = 0;  // 0: the content's
};

// A zip byte by byte, of files that are not compressed.
inline std::string stored_zip(const std::vector<StoredFile>& files) {
  std::string out, directory;
  const auto number = [](std::string& to, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) to += static_cast<char>(value);
  };
  for (const StoredFile& file : files) {
    const auto bytes = file.content.size();
    std::string header;
    number(header, 20, 2);  // version
    number(header, file.flags, 2);
    number(header, 0, 2 + 4);  // stored; time
    number(header, crc32(0, reinterpret_cast<const Bytef*>(file.content.data()), static_cast<uInt>(bytes)), 4);
    number(header, file.packed_size != 0 ? file.packed_size : bytes, 4);
    number(header, file.size != 0 ? file.size : bytes, 4);
    number(header, file.name.size(), 2);
    number(header, 0, 2);
    directory += "PK\1\2";
    number(directory, 20, 2);
    directory += header;
    number(directory, 0, 2 + 2 + 2 + 4);
    number(directory, out.size(), 4);
    directory += file.name;
    out += "PK\3\4" + header + file.name + file.content;
  }
  const std::size_t at = out.size();
  out += directory + "PK\5\6";
  number(out, 0, 4);
  number(out, files.size(), 2);
  number(out, files.size(), 2);
  number(out, directory.size(), 4);
  number(out, at, 4);
  number(out, 0, 2);
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
