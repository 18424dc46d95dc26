#include "samples/making.h"

namespace sluice::samples {
namespace {

// splitmix64 by Sebastiano Vigna (public domain).
constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15U;
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t number)
    : state_(mixed(mixed(number + kStep) ^ seed)) {}

std::uint64_t Random::next() { return mixed(state_ += kStep); }

Kind kind_of(std::size_t row) {
  switch (row % 50) {
    case 15: return Kind::kRefused;
    case 25: return Kind::kCorrected;
    case 40: return Kind::kRepeated;
    default: return Kind::kNew;
  }
}

// The up to nine rows before one that is not new are new, in every fifty.
std::size_t earlier(std::size_t row) {
  const std::size_t fifties = row / 50;
  return row - 1 - fifties % 9 - fifties / 2 * 50;
}

std::size_t turn(std::size_t row) { return row / 50; }

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string identifier(const char* kind, std::uint64_t number) {
  const std::uint64_t digits = (number + 1) * kStep;
  return print("%08x-%s-4a%02x-8b%02x-%012llx", static_cast<unsigned>(digits >> 32U), kind,
               static_cast<unsigned>(number % 251), static_cast<unsigned>(number % 241),
               static_cast<unsigned long long>(number));
}

std::string short_decimal(int hundredths) {
  std::string text = print("%d.%02d", hundredths / 100, hundredths % 100);
  if (text.back() == '0') text.pop_back();
  return text;
}

std::string shortest_decimal(std::int64_t units, int digits_after_point) {
  std::string text = std::to_string(units < 0 ? -units : units);
  const auto digits = static_cast<std::size_t>(digits_after_point);
  if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
  text.insert(text.size() - digits, 1, '.');
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return units < 0 ? '-' + text : text;
}

std::string time_text(Instant at) {
  std::string text = to_string(at);  // 2022-07-01T00:19:05Z
  text.pop_back();
  text[10] = ' ';
  return text;
}

Instant seconds_after(const char* start, std::uint64_t seconds) {
  const std::int64_t micros = parse_iso_instant(start).value().micros;
  return {micros + static_cast<std::int64_t>(seconds) * 1'000'000};
}

}  // namespace sluice::samples
