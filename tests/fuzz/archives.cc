// Compressed files and archives: what is unpacked does not depend on the pieces, what is cut off is an error, and
// nothing unpacks without a bound. The first byte says how much is read at once, the second where the file is cut.

#include "common/adapters/archive/archive_reader.h"
#include "common/base/text_bytes.h"
#include "common/adapters/archive/packing.h"
#include "common/adapters/http/text_body.h"
#include "services/ingest/unpacked_body.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::archive;

namespace {

constexpr UnpackLimits kLimits{.free_bytes = 1 << 18, .max_ratio = 50};
constexpr std::size_t kMostOut = (1 << 18) + 50 * (1 << 16) + (1 << 16);

struct Content {
  std::string bytes;
  std::string error;
  bool operator==(const Content&) const = default;
};

Content read_all(ByteReader& reader, std::size_t piece) {
  Content out;
  std::string buffer(piece, '\0');
  for (;;) {
    const auto got = reader.read(buffer);
    if (!got) {
      out.error = got.error().message;
      LAW("a refusal is a sentence that names what is refused",
          (out.error.starts_with("The file") || out.error.starts_with("The archive")) && out.error.ends_with("."));
      return out;
    }
    LAW("no more is given than asked for", *got <= piece);
    out.bytes.append(buffer, 0, *got);
    LAW("nothing unpacks without a bound", out.bytes.size() <= kMostOut);
    if (*got < piece) return out;
  }
}

std::unique_ptr<ByteReader> bytes_of(std::string_view text) { return std::make_unique<TextBytes>(std::string(text)); }

std::vector<std::pair<std::string, Content>> files_of(std::string_view text, std::size_t piece, bool skip) {
  std::vector<std::pair<std::string, Content>> out;
  ArchiveReader reader(bytes_of(text), {.unpack = kLimits});
  for (;;) {
    const auto entry = reader.next();
    if (!entry) {
      LAW("a refusal says why", !entry.error().message.empty());
      out.emplace_back("", Content{"", "broken"});
      return out;
    }
    if (!*entry) return out;
    LAW("files are numbered from 1", (*entry)->number == out.size() + 1);
    out.emplace_back((*entry)->path, skip || !(*entry)->refusal.empty() ? Content{} : read_all(reader, piece));
    if (!out.back().second.error.empty() || out.size() > 1000) return out;
  }
}

void check_compressed(std::string_view text, Packing packing, std::size_t piece, std::size_t cut) {
  const Content whole = read_all(*unpacked(bytes_of(text), packing, kLimits), 1 << 16);
  const Content pieces = read_all(*unpacked(bytes_of(text), packing, kLimits), piece);
  LAW("pieces give what the whole gives", pieces.error.empty() == whole.error.empty());
  LAW("the same bytes", !whole.error.empty() || pieces.bytes == whole.bytes);
  const Content part = read_all(*unpacked(bytes_of(text.substr(0, cut)), packing, kLimits), 1 << 16);
  LAW("a file that is cut gives its beginning", !whole.error.empty() || whole.bytes.starts_with(part.bytes));
  if (packing != Packing::kGzip) return;
  http::TextBody body{std::string(text)};
  ingest::UnpackedBody unpacked_body(body, 1000);
  std::string buffer(piece, '\0');
  for (std::size_t given = 0;;) {
    const auto got = unpacked_body.read(buffer);
    if (!got) {
      LAW("a refusal is a client's error", got.error().status == 400 || got.error().status == 413);
      break;
    }
    given += *got;
    LAW("a body is no longer than its limit", given <= 1000);
    if (*got < piece) break;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t piece = 1 + choices.byte();
  const std::size_t part = choices.byte();
  const std::string_view text = choices.rest();
  const Packing packing = packing_of(text.substr(0, kPackingBytes));
  if (is_compressed(packing)) check_compressed(text, packing, piece, text.size() * part / 256);
  if (holds_files(packing)) {
    const auto whole = files_of(text, 1 << 16, false);
    const bool good = whole.empty() || whole.back().second.error.empty();
    const auto pieces = files_of(text, piece, false);
    LAW("an archive does not depend on how it is read",
        good ? whole == pieces : !pieces.empty() && !pieces.back().second.error.empty());
    if (good) LAW("contents that are skipped change nothing", files_of(text, piece, true).size() == whole.size());
  }
  return 0;
}
