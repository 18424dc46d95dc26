#include "common/model/currency.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace sluice {
namespace {

// Codes in use, by their minor units; two digits is the rule.
constexpr std::string_view kNone = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
constexpr std::string_view kThree = "BHD IQD JOD KWD LYD OMR TND ";
constexpr std::string_view kFour = "CLF UYW ";
constexpr std::string_view kTwo =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR "
    "LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB "
    "PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP "
    "SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD YER ZAR ZMW ZWL ";

bool lists(std::string_view codes, std::string_view code) {
  for (std::size_t i = 0; i < codes.size(); i += 4) {
    if (codes.substr(i, 3) == code) return true;
  }
  return false;
}

}  // namespace

std::optional<int> minor_units(std::string_view code) {
  if (code.size() != 3) return std::nullopt;
  // The three that nearly every row has.
  if (code == "EUR" || code == "GBP" || code == "USD") return 2;
  if (lists(kTwo, code)) return 2;
  if (lists(kNone, code)) return 0;
  if (lists(kThree, code)) return 3;
  if (lists(kFour, code)) return 4;
  return std::nullopt;
}

std::string_view currency_of_symbol(std::string_view symbol) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kSymbols = {{
      {"€", "EUR"}, {"£", "GBP"}, {"$", "USD"}, {"¥", "JPY"}, {"₹", "INR"},
      {"₽", "RUB"}, {"₩", "KRW"}, {"₪", "ILS"}, {"₺", "TRY"}, {"zł", "PLN"},
  }};
  for (const auto& [text, code] : kSymbols) {
    if (text == symbol) return code;
  }
  return {};
}

}  // namespace sluice
