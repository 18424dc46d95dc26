#pragma once
// A file goes from one name of the disk to another, on the same file system or not. What stands at the
// new name is not overwritten. Its sender may rename another over the old name at any time: that one is
// left, or put back. A copied original is looked at in the very instant before it is removed; nothing
// narrower is offered for that than those two calls.

#include <filesystem>
#include <optional>

#include "common/base/error.h"
#include "services/ingest/core/file_source.h"

namespace sluice::ingest {

enum class Moving {
  kDone,
  kGone,       // the file is not there any more; what stands there instead, if anything, was left
  kNameTaken,  // `to` is something else's
};

// What stands there, not following links; nullopt: errno says why that cannot be told.
std::optional<FileIdentity> identity_at(const std::filesystem::path& path);

// `part`: the name beside `to` under which a copy grows, to another file system. Such a copy is whole
// and durable at `to` before the original goes; of a rename the caller makes both folders durable. An
// Error leaves the file where it is.
Result<Moving> move_file(const std::filesystem::path& from, const std::filesystem::path& to,
                         const FileIdentity& identity, const std::filesystem::path& part);

// How a file is renamed where the file system cannot be told not to replace another. 0, or what errno
// would say: EEXIST if `to` is taken. Where there are no links either, that is only looked at before.
int rename_by_link(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace sluice::ingest
