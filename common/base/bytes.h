#pragma once
// A small byte format for internal topics and local state: integers as LEB128 varints (signed ones
// zigzag, of 64 or 128 bits), strings length-prefixed, Decimals as scale + integer. Deterministic: equal values have
// equal bytes. A Reader never reads past its input; a short or malformed input makes ok() false
// and every later read return zero or empty.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/decimal.h"

namespace sluice {

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      out_.push_back(static_cast<char>(v | 0x80));
      v >>= 7;
    }
    out_.push_back(static_cast<char>(v));
  }
  void signed_varint(std::int64_t v) {
    varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  void string(std::string_view v) {
    varint(v.size());
    out_.append(v);
  }
  // The same bytes as signed_varint's where 64 bits suffice.
  void signed_wide(__int128 v) {
    auto rest = (static_cast<unsigned __int128>(v) << 1) ^ static_cast<unsigned __int128>(v >> 127);
    while (rest >= 0x80) {
      out_.push_back(static_cast<char>(static_cast<std::uint8_t>(rest) | 0x80));
      rest >>= 7;
    }
    out_.push_back(static_cast<char>(rest));
  }
  void decimal(const Decimal& v) {
    u8(static_cast<std::uint8_t>(v.scale));
    signed_wide(v.units);
  }

 private:
  std::string& out_;
};

class ByteCursor {
 public:
  explicit ByteCursor(std::string_view in) : in_(in) {}
  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::string_view rest() const { return in_; }

  std::uint8_t u8() {
    if (in_.empty()) return failed();
    const auto v = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return v;
  }
  std::uint64_t varint() { return static_cast<std::uint64_t>(wide(64)); }
  std::int64_t signed_varint() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  __int128 signed_wide() {
    const unsigned __int128 v = wide(128);
    return static_cast<__int128>(v >> 1) ^ -static_cast<__int128>(v & 1);
  }
  std::string_view string() {
    const std::uint64_t size = varint();
    if (size > in_.size()) {
      failed();
      return {};
    }
    const std::string_view v = in_.substr(0, size);
    in_.remove_prefix(size);
    return v;
  }
  Decimal decimal() {
    Decimal v;
    v.scale = u8();
    v.units = signed_wide();
    if (v.scale > kMaxDecimalDigits || v.units >= kTooManyDigits || v.units <= -kTooManyDigits) {
      failed();
      return {};
    }
    return v;
  }

 private:
  // 10^38: 128 bits hold some numbers of 39 digits, too.
  static constexpr __int128 kTooManyDigits =
      static_cast<__int128>(10'000'000'000'000'000'000U) * 10'000'000'000'000'000'000U;

  std::uint8_t failed() {
    ok_ = false;
    in_ = {};
    return 0;
  }
  // A number of at most `bits` bits; one that has more is malformed.
  unsigned __int128 wide(int bits) {
    unsigned __int128 v = 0;
    for (int shift = 0; shift < bits; shift += 7) {
      if (in_.empty()) return failed();
      const auto b = static_cast<std::uint8_t>(in_.front());
      in_.remove_prefix(1);
      if (shift + 7 > bits && (b >> (bits - shift)) != 0) return failed();
      v |= static_cast<unsigned __int128>(b & 0x7f) << shift;
      if ((b & 0x80) == 0) return v;
    }
    return failed();
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace sluice
