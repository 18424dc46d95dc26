#pragma once
// What stage 1 remembers of one key, and the rule that says what a further record of the key means.
// The rule is order-independent: whatever the order of arrival, the version that counts in the end is
// the greatest one.

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::transform {

// 128 bits of XXH3 over the canonical bytes of all columns.
using ContentHash = std::array<std::uint64_t, 2>;
ContentHash hash_content(std::string_view canonical_bytes);

// Where a record stands among the versions of its key; the greatest counts. Compared field by
// field in this order.
struct RecordVersion {
  std::int64_t field = 0;   // the definition's version field; 0 where there is none
  std::uint64_t place = 0;  // of the file in the order of discovery
  std::uint32_t entry = 0;
  std::uint64_t line = 0;
  // Messages that name no origin (a tombstone, a foreign producer's record) stand right behind the
  // version that counted when they came, in the order of the log.
  std::uint64_t after = 0;
  auto operator<=>(const RecordVersion&) const = default;
};

struct RecordState {
  RecordVersion version;
  ContentHash content{};
  bool deleted = false;
  std::string_view projection;  // the columns that reports use (projection.h); empty if deleted
  bool operator==(const RecordState&) const = default;
};

std::string encode(const RecordState& state);
// nullopt if the bytes are not a state; the projection is a view into them.
std::optional<RecordState> decode_record_state(std::string_view bytes);

// A record of the key, as it arrives.
struct IncomingRecord {
  bool deleted = false;
  bool has_origin = false;
  RecordVersion version;                   // place, entry, line: only with an origin
  std::optional<std::int64_t> field;       // of the record; a deletion has none
  ContentHash content{};
  std::string_view projection;
};

enum class RecordKind {
  kNew,              // nothing counted for the key before
  kCorrection,       // takes the place of what counted
  kDuplicate,        // the same content as what counts
  kStaleCorrection,  // other content, but an older version: changes nothing
  kDeletion,         // takes away what counted
  kNothing,          // a deletion of what does not exist
};

struct Decision {
  RecordKind kind = RecordKind::kNothing;
  bool retract = false;  // take back the old state's contribution
  bool add = false;      // add the record's
  bool store = false;    // `next` is the key's new state
  RecordState next;      // its projection is a view of the old state's or the record's
};
Decision decide(const std::optional<RecordState>& old, const IncomingRecord& record);

}  // namespace sluice::transform
