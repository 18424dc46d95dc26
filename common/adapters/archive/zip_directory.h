#pragma once
// What only a zip's directory, at its end, says of its files: which of them are links or devices. Before a file
// stands nothing of that.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::archive {

class ZipDirectory {
 public:
  // One with more entries than `most` is not read any further.
  explicit ZipDirectory(std::size_t most) : most_(most) {}
  // The archive's bytes from its last file's end on, in any pieces.
  void add(std::string_view bytes);
  // Of each entry, in the order in which they stand in the archive, whether it is neither a file nor a folder.
  std::vector<bool> links() const;

 private:
  struct Entry {
    std::uint64_t at = 0;  // in the archive
    bool link = false;
  };
  // Takes it from `left`. False: more bytes are needed, or it has ended.
  bool read_entry(std::string_view& left);

  std::size_t most_;
  std::string rest_;
  std::vector<Entry> entries_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace sluice::archive
