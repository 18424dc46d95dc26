#include "common/model/currency.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {
namespace {

// The codes in use, and those retired since 2022, which older files still hold. Metals and units of
// account have no minor units and count as whole.
constexpr std::string_view kNoDigits =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF "
    "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA ";
constexpr std::string_view kTwoDigits =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD "
    "CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL "
    "GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR "
    "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD "
    "PAB "
    "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC "
    "SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG "
    "ZWL ";
constexpr std::string_view kThreeDigits = "BHD IQD JOD KWD LYD OMR TND ";
constexpr std::string_view kFourDigits = "CLF UYW ";

constexpr std::size_t kLetters = 26;
constexpr std::int8_t kNoCurrency = -1;
using Table = std::array<std::int8_t, kLetters * kLetters * kLetters>;

constexpr std::size_t place_of(std::string_view code) {
  std::size_t place = 0;
  for (const char c : code) place = place * kLetters + static_cast<std::size_t>(c - 'A');
  return place;
}

constexpr void enter(Table& table, std::string_view codes, std::int8_t digits) {
  for (std::size_t at = 0; at < codes.size(); at += 4)
    table[place_of(codes.substr(at, 3))] = digits;
}

// By code, so that a row of any currency costs the same.
constexpr Table kDigits = [] {
  Table table{};
  for (std::int8_t& digits : table) digits = kNoCurrency;
  enter(table, kNoDigits, 0);
  enter(table, kTwoDigits, 2);
  enter(table, kThreeDigits, 3);
  enter(table, kFourDigits, 4);
  return table;
}();

}  // namespace

std::optional<int> minor_units(std::string_view code) {
  if (code.size() != 3) return std::nullopt;
  for (const char c : code) {
    if (c < 'A' || c > 'Z') return std::nullopt;
  }
  const std::int8_t digits = kDigits[place_of(code)];
  if (digits == kNoCurrency) return std::nullopt;
  return digits;
}

}  // namespace sluice
