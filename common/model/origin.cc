#include "common/model/origin.h"

#include <algorithm>
#include <charconv>

#include "common/base/partitioning.h"

namespace sluice {
namespace {

template <typename T>
bool whole_number(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string file_id(std::uint64_t place, std::string_view sha256_hex, std::uint32_t entry) {
  const std::string_view fingerprint = sha256_hex.size() >= kFingerprintDigits
                                           ? sha256_hex.substr(0, kFingerprintDigits)
                                           : "000000000000";
  std::string out = std::to_string(place);
  if (entry != 0) out.append(".").append(std::to_string(entry));
  return out.append("-").append(fingerprint);
}

std::uint64_t place_of(std::string_view file_id) {
  std::uint64_t place = 0;
  std::from_chars(file_id.data(), file_id.data() + file_id.size(), place);
  return place;
}

std::uint32_t entry_of(std::string_view file_id) {
  const std::size_t dot = file_id.find_first_of(".-");
  std::uint32_t entry = 0;
  if (dot == std::string_view::npos || file_id[dot] != '.') return entry;
  std::from_chars(file_id.data() + dot + 1, file_id.data() + file_id.size(), entry);
  return entry;
}

std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::size_t first = text.find(':');
  if (dash == std::string_view::npos || first == std::string_view::npos || dash > first)
    return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Origin out;
  out.fingerprint = text.substr(dash + 1, first - dash - 1);
  if (out.fingerprint.size() != kFingerprintDigits ||
      out.fingerprint.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return std::nullopt;
  }
  const std::size_t dot = std::min(text.find('.'), dash);
  if (!whole_number(text.substr(0, dot), out.place) ||
      !whole_number(text.substr(first + 1, second - first - 1), out.entry) ||
      (dot != dash && text.substr(dot + 1, dash - dot - 1) != std::to_string(out.entry)) ||
      !whole_number(text.substr(second + 1), out.line)) {
    return std::nullopt;
  }
  return out;
}

bool is_file_id(std::string_view text) {
  return parse_origin(std::string(text) + ":" + std::to_string(entry_of(text)) + ":0").has_value();
}

std::string_view file_id_of(std::string_view origin_text) {
  return origin_text.substr(0, origin_text.find(':'));
}

std::int32_t shard_of(std::string_view id, std::int32_t shards) {
  const std::size_t dash = id.find('-');
  return partition_of(dash == std::string_view::npos ? id : id.substr(dash + 1), shards);
}

}  // namespace sluice
