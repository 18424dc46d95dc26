#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

enum class Tag : std::uint8_t { kNull, kString, kInteger, kDecimal, kFalse, kTrue, kDate, kInstant };

void put_tag(std::string& out, Tag tag) { out.push_back(static_cast<char>(tag)); }

// Most amounts fit in 64 bits, where dropping zeros costs a few cycles instead of 128-bit divisions.
Decimal shortest(const Decimal& value) {
  if (value.scale == 0) return value;
  const auto small = static_cast<std::int64_t>(value.units);
  if (small == value.units && small % 10 != 0) return value;
  return canonical(value, 0);
}

struct Append {
  std::string& out;

  void operator()(std::monostate) const { put_tag(out, Tag::kNull); }
  void operator()(std::string_view text) const {
    put_tag(out, Tag::kString);
    ByteWriter(out).string(text);
  }
  void operator()(std::int64_t number) const {
    put_tag(out, Tag::kInteger);
    ByteWriter(out).signed_varint(number);
  }
  void operator()(const Decimal& number) const {
    put_tag(out, Tag::kDecimal);
    ByteWriter(out).decimal(shortest(number));
  }
  void operator()(bool yes) const { put_tag(out, yes ? Tag::kTrue : Tag::kFalse); }
  void operator()(Date date) const {
    put_tag(out, Tag::kDate);
    ByteWriter(out).signed_varint(date.days);
  }
  void operator()(Instant instant) const {
    put_tag(out, Tag::kInstant);
    ByteWriter(out).signed_varint(instant.micros);
  }
};

}  // namespace

void append_cell(std::string& out, const Cell& cell) { std::visit(Append{out}, cell); }

Cell read_cell(ByteReader& reader) {
  switch (static_cast<Tag>(reader.u8())) {
    case Tag::kNull: return std::monostate{};
    case Tag::kString: return reader.string();
    case Tag::kInteger: return reader.signed_varint();
    case Tag::kDecimal: return reader.decimal();
    case Tag::kFalse: return false;
    case Tag::kTrue: return true;
    case Tag::kDate: return Date{static_cast<std::int32_t>(reader.signed_varint())};
    case Tag::kInstant: return Instant{reader.signed_varint()};
  }
  // An unknown tag: bytes of another format. Reading on would misread what follows.
  reader.string();
  while (reader.ok()) reader.u8();
  return std::monostate{};
}

}  // namespace sluice::transform
