#include "services/transform/core/ordered_bytes.h"

#include <cstdint>

namespace sluice::transform {
namespace {

constexpr char kNull = 0x01;
constexpr char kValue = 0x02;

void append_big_endian(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void append_signed(std::string& out, std::int64_t value) {
  append_big_endian(out, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}

// Sign, place of the first digit, digits; of a negative number the complement of that.
void append_decimal(std::string& out, const Decimal& value) {
  const Decimal shortest = canonical(value, 0);
  if (shortest.is_zero()) {
    out.push_back(static_cast<char>(0x80));
    return;
  }
  const bool negative = shortest.units < 0;
  const std::size_t from = out.size();
  out.push_back(static_cast<char>(0x81));
  std::string digits;
  for (auto rest = negative ? -static_cast<unsigned __int128>(shortest.units)
                            : static_cast<unsigned __int128>(shortest.units);
       rest != 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('1' + static_cast<int>(rest % 10)));
  }
  // Between 1 - 38 and 38.
  out.push_back(static_cast<char>(static_cast<int>(digits.size()) - shortest.scale + 64));
  while (digits.size() > 1 && digits.back() == '1') digits.pop_back();  // zeros at the end
  out.append(digits);
  out.push_back('\0');
  if (negative) invert_order(out, from);
}

struct Append {
  std::string& out;

  void operator()(std::monostate) const {}
  void operator()(std::string_view text) const {
    for (const char c : text) {
      out.push_back(c);
      if (c == '\0') out.push_back(static_cast<char>(0xFF));
    }
    out.push_back('\0');
    out.push_back('\x01');
  }
  void operator()(std::int64_t number) const { append_signed(out, number); }
  void operator()(const Decimal& number) const { append_decimal(out, number); }
  void operator()(bool yes) const { out.push_back(yes ? '\x01' : '\0'); }
  void operator()(Date date) const { append_signed(out, date.days); }
  void operator()(Instant instant) const { append_signed(out, instant.micros); }
};

}  // namespace

void append_ordered(std::string& out, const Cell& cell) {
  out.push_back(is_null(cell) ? kNull : kValue);
  std::visit(Append{out}, cell);
}

void invert_order(std::string& bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) bytes[i] = static_cast<char>(~bytes[i]);
}

}  // namespace sluice::transform
