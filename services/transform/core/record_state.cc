#include "services/transform/core/record_state.h"

#include <cstring>

#include <xxhash.h>

#include "common/base/bytes.h"

namespace sluice::transform {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kDeletedFlag = 0x80;

// The version of the record, completed by what counts now where it does not say itself.
RecordVersion version_of(const std::optional<RecordState>& old, const IncomingRecord& record) {
  RecordVersion version = record.version;
  if (!record.has_origin) {
    version = old ? old->version : RecordVersion{};
    ++version.after;
  }
  if (record.field) {
    version.field = *record.field;
  } else if (old && record.deleted) {
    // A deletion carries no version field of its own: it is meant for what counts now.
    version.field = old->version.field;
  }
  return version;
}

}  // namespace

ContentHash hash_content(std::string_view canonical_bytes) {
  const XXH128_hash_t hash = XXH3_128bits(canonical_bytes.data(), canonical_bytes.size());
  return {hash.high64, hash.low64};
}

std::string encode(const RecordState& state) {
  std::string out;
  out.reserve(40 + state.projection.size());
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(kFormat | (state.deleted ? kDeletedFlag : 0)));
  writer.signed_varint(state.version.field);
  writer.varint(state.version.place);
  writer.varint(state.version.entry);
  writer.varint(state.version.line);
  writer.varint(state.version.after);
  out.append(reinterpret_cast<const char*>(state.content.data()), sizeof(ContentHash));
  out.append(state.projection);
  return out;
}

std::optional<RecordState> decode_record_state(std::string_view bytes) {
  ByteCursor reader(bytes);
  RecordState state;
  const std::uint8_t head = reader.u8();
  if ((head & ~kDeletedFlag) != kFormat) return std::nullopt;
  state.deleted = (head & kDeletedFlag) != 0;
  state.version.field = reader.signed_varint();
  state.version.place = reader.varint();
  state.version.entry = static_cast<std::uint32_t>(reader.varint());
  state.version.line = reader.varint();
  state.version.after = reader.varint();
  const std::string_view rest = reader.rest();
  if (!reader.ok() || rest.size() < sizeof(ContentHash)) return std::nullopt;
  std::memcpy(state.content.data(), rest.data(), sizeof(ContentHash));
  state.projection = rest.substr(sizeof(ContentHash));
  return state;
}

Decision decide(const std::optional<RecordState>& old, const IncomingRecord& record) {
  Decision out;
  if (!old && record.deleted && !record.has_origin) return out;

  const RecordState incoming{version_of(old, record), record.content, record.deleted,
                             record.projection};
  if (!old) {
    // A deletion with an origin is remembered even so: it beats older versions yet to come.
    out.kind = record.deleted ? RecordKind::kNothing : RecordKind::kNew;
    out.add = !record.deleted;
    out.store = true;
    out.next = incoming;
    return out;
  }

  const bool same = old->deleted == record.deleted && (record.deleted || old->content == record.content);
  const auto order = incoming.version <=> old->version;
  // Two contents with one version (a file's line sent twice by a foreign hand): the greater content
  // counts, so that the order of arrival does not.
  const bool later = order > 0 || (order == 0 && incoming.content > old->content);
  if (same) {
    out.kind = record.deleted ? RecordKind::kNothing : RecordKind::kDuplicate;
    out.store = order > 0;
    out.next = *old;
    out.next.version = order > 0 ? incoming.version : old->version;
    return out;
  }
  if (!later) {
    out.kind = record.deleted ? RecordKind::kNothing : RecordKind::kStaleCorrection;
    return out;
  }
  out.retract = !old->deleted;
  out.add = !record.deleted;
  out.store = true;
  out.next = incoming;
  if (record.deleted) {
    out.kind = RecordKind::kDeletion;
  } else {
    out.kind = old->deleted ? RecordKind::kNew : RecordKind::kCorrection;
  }
  return out;
}

}  // namespace sluice::transform
