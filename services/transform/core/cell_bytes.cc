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

// The years 0001 to 9999, as dates and instants have them.
constexpr std::int64_t kFirstDay = -719'162, kLastDay = 2'932'896;
constexpr Instant kFirstInstant{-62'135'596'800'000'000}, kLastInstant{253'402'300'799'999'999};
// 10^38.
constexpr __int128 kTooLarge = static_cast<__int128>(10'000'000'000'000'000'000U) * 10'000'000'000'000'000'000U;

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

Cell read_value(ByteCursor& reader) {
  switch (static_cast<Tag>(reader.u8())) {
    case Tag::kNull: return std::monostate{};
    case Tag::kString: return reader.string();
    case Tag::kInteger: return reader.signed_varint();
    case Tag::kDecimal: {
      const Decimal number = reader.decimal();
      if (number.units >= kTooLarge || number.units <= -kTooLarge) break;
      return number;
    }
    case Tag::kFalse: return false;
    case Tag::kTrue: return true;
    case Tag::kDate: {
      const std::int64_t days = reader.signed_varint();
      if (days < kFirstDay || days > kLastDay) break;
      return Date{static_cast<std::int32_t>(days)};
    }
    case Tag::kInstant: {
      const Instant at{reader.signed_varint()};
      if (at < kFirstInstant || at > kLastInstant) break;
      return at;
    }
  }
  // An unknown tag, or no value of its type: bytes of another format. Reading on would misread what follows.
  reader.string();
  while (reader.ok()) reader.u8();
  return std::monostate{};
}

}  // namespace

void append_cell(std::string& out, const Cell& cell) { std::visit(Append{out}, cell); }

Cell read_cell(ByteCursor& reader) {
  Cell cell = read_value(reader);
  if (!reader.ok()) cell = {};
  return cell;
}

}  // namespace sluice::transform
