#pragma once
// Where a record came from, as the `origin` header of every message of a records topic says it:
//
//   <file id>:<entry>:<line>          "17-9f86d081884c:0:345"
//                                     "18.3-60303ae22b99:3:2"     the third file of an archive
//
// The file id is `<place>-<fingerprint>`: its place in the order of discovery and the first twelve
// hex digits of the SHA-256 of its bytes ("000000000000" where the bytes could not be read). A file
// inside an archive has its archive's place, and its number there: `<place>.<entry>-<fingerprint>`.
// entry counts the files inside an archive from 1; 0: the file lies in none. line is the physical
// line where the row starts.
//
// (place, entry, line) is also the record's version where the definition names no version field:
// the later of two rows with one key, however they travelled.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

struct Origin {
  std::uint64_t place = 0;
  std::string_view fingerprint;  // 12 hex digits
  std::uint32_t entry = 0;
  std::uint64_t line = 0;
};

inline constexpr std::string_view kOriginHeader = "origin";
// Of a record that a retry of dead letters made: the retry's file id. Its origin is still the row's own, so that
// which version counts does not depend on the retry; what became of it stands in the retry's receipt.
inline constexpr std::string_view kRetryHeader = "retry";
inline constexpr std::size_t kFingerprintDigits = 12;

std::string file_id(std::uint64_t place, std::string_view sha256_hex, std::uint32_t entry = 0);
// Of a file id; 0 where it has none.
std::uint64_t place_of(std::string_view file_id);
std::uint32_t entry_of(std::string_view file_id);
// "17-9f86d081884c:0:345" -> Origin; nullopt if malformed. The view points into `text`.
std::optional<Origin> parse_origin(std::string_view text);
bool is_file_id(std::string_view text);
// The file-id part of an origin text (before the first ':'); the whole text if there is none.
std::string_view file_id_of(std::string_view origin_text);
// The shard of ingest that owns a file, from its id: same bytes, same shard.
std::int32_t shard_of(std::string_view file_id, std::int32_t shards);

}  // namespace sluice
