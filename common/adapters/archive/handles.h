#pragma once
// Owns libarchive's reader and feeds it from a ByteReader. Only for .cc files of this folder and the
// private parts of its readers.

#include <archive.h>
#include <archive_entry.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "common/adapters/archive/ratio_guard.h"

namespace sluice::archive {

struct FreeArchive {
  void operator()(struct archive* a) const { archive_read_free(a); }
};
using ArchiveHandle = std::unique_ptr<struct archive, FreeArchive>;

// Where libarchive gets its bytes. Its address must not change while a handle is open on it.
struct ByteFeed {
  ByteFeed(std::unique_ptr<ByteReader> reader, const UnpackLimits& limits)
      : bytes(std::move(reader)), guard(limits), buffer(64 * 1024, '\0') {}

  // Of the file itself, not of what it holds; libarchive would only say that it could not read.
  std::optional<Error> failed;
  std::exception_ptr thrown;  // by the file's reader; C code in between cannot carry it
  std::unique_ptr<ByteReader> bytes;
  RatioGuard guard;
  std::string buffer;

  bool open(struct archive* handle) { return archive_read_open(handle, this, nullptr, feed, nullptr) == ARCHIVE_OK; }

  void rethrow() const {
    if (thrown) std::rethrow_exception(thrown);
  }

  static la_ssize_t feed(struct archive* handle, void* self, const void** block) {
    auto& in = *static_cast<ByteFeed*>(self);
    Result<std::size_t> got = 0;
    try {
      got = in.bytes->read(in.buffer);
    } catch (...) {
      in.thrown = std::current_exception();
      got = fail("the source does not answer");
    }
    if (!got) {
      in.failed = got.error();
      archive_set_error(handle, -1, "%s", got.error().message.c_str());
      return -1;
    }
    in.guard.in(*got);
    *block = in.buffer.data();
    return static_cast<la_ssize_t>(*got);
  }
};

}  // namespace sluice::archive
