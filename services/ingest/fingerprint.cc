#include "services/ingest/fingerprint.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "common/rows/text_encoding.h"
#include "services/ingest/core/sha256.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 20;
static_assert(kBuffer < kLongestLine, "a line inside one buffer is never too long");

// Follows line lengths across buffers. Lines end as for the splitter: at LF, CRLF or a lone CR.
class LineLengths {
 public:
  // False: a line is too long.
  bool add(std::string_view bytes) {
    const std::size_t first = std::min(bytes.find('\n'), bytes.find('\r'));
    if (first == std::string_view::npos) {
      length_ += bytes.size();
      return length_ <= kLongestLine;
    }
    length_ += first;
    if (length_ > kLongestLine) return false;
    std::size_t last = bytes.size();
    while (bytes[last - 1] != '\n' && bytes[last - 1] != '\r') --last;
    length_ = bytes.size() - last;
    return true;
  }

 private:
  std::size_t length_ = 0;
};

Fingerprint refused(std::string reason, std::uint64_t bytes) {
  return {"", std::move(reason), bytes, false};
}

bool is_utf16(Encoding encoding) {
  return encoding == Encoding::kUtf16Le || encoding == Encoding::kUtf16Be;
}

// Which of a text's marks the bytes of a file must show.
struct Rules {
  bool no_nul = true;
  bool short_lines = true;
};

Rules rules_for(const Dataset* dataset, std::string_view start) {
  Rules rules;
  const Encoding given = dataset != nullptr ? dataset->encoding : Encoding::kFound;
  const bool wide = is_utf16(given == Encoding::kFound ? find_encoding(start) : given);
  const bool lines_are_rows = dataset == nullptr || dataset->format == FileFormat::kCsv ||
                              dataset->format == FileFormat::kNdjson;
  rules.no_nul = !wide;
  rules.short_lines = !wide && lines_are_rows;
  return rules;
}

}  // namespace

Fingerprint fingerprint(FileReader& file, const Dataset* dataset,
                        const std::function<bool()>& keep_going) {
  std::vector<char> buffer(kBuffer);
  Sha256 hash;
  LineLengths lines;
  Rules rules;
  std::uint64_t bytes = 0;
  while (keep_going()) {
    const auto got = file.read(buffer);
    if (!got) return refused(got.error().message, bytes);
    if (*got == 0) {
      if (bytes == 0) return refused("The file is empty.", 0);
      return {hash.hex(), "", bytes, false};
    }
    const std::size_t size = *got;
    if (bytes == 0) rules = rules_for(dataset, {buffer.data(), std::min(size, kEncodingBytes)});
    const void* nul = rules.no_nul ? std::memchr(buffer.data(), '\0', size) : nullptr;
    if (nul != nullptr) {
      const auto at =
          bytes + static_cast<std::uint64_t>(static_cast<const char*>(nul) - buffer.data());
      return refused("The file is not text: it has a NUL byte at byte " + std::to_string(at) +
                         ".",
                     bytes);
    }
    if (rules.short_lines && !lines.add({buffer.data(), size})) {
      return refused("The file has a line longer than " + std::to_string(kLongestLine) +
                         " bytes before byte " + std::to_string(bytes + size) + ".",
                     bytes);
    }
    hash.add({buffer.data(), size});
    bytes += size;
  }
  Fingerprint out;
  out.stopped = true;
  return out;
}

}  // namespace sluice::ingest
