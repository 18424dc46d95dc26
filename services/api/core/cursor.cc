#include "services/api/core/cursor.h"

#include <cstdint>
#include <nlohmann/json.hpp>

namespace sluice::api {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string to_base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = (held << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) out.push_back(kAlphabet[(held >> (bits - 6)) & 63]);
  }
  if (bits > 0) out.push_back(kAlphabet[(held << (6 - bits)) & 63]);
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = (held << 6) | static_cast<std::uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>((held >> bits) & 0xFF));
    }
  }
  return out;
}

}  // namespace

std::string encode(const Cursor& cursor) {
  auto values = nlohmann::json::array();
  for (const auto& value : cursor.values) {
    values.push_back(value ? nlohmann::json(*value) : nlohmann::json());
  }
  const nlohmann::json document = {{"t", cursor.table}, {"o", cursor.order}, {"v", values}};
  return to_base64url(document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::optional<Cursor> decode_cursor(std::string_view text) {
  const auto bytes = from_base64url(text);
  if (!bytes) return std::nullopt;
  const auto document = nlohmann::json::parse(*bytes, nullptr, false);
  if (!document.is_object() || !document.contains("t") || !document.contains("o") ||
      !document.contains("v")) {
    return std::nullopt;
  }
  const auto &table = document["t"], &order = document["o"], &values = document["v"];
  if (!table.is_string() || !order.is_string() || !values.is_array()) return std::nullopt;
  Cursor out{table.get<std::string>(), order.get<std::string>(), {}};
  for (const auto& value : values) {
    if (!value.is_string() && !value.is_null()) return std::nullopt;
    out.values.push_back(value.is_null() ? std::nullopt : std::optional(value.get<std::string>()));
  }
  return out;
}

}  // namespace sluice::api
