#include "services/api/core/negotiation.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "services/api/core/table_query.h"

namespace sluice::api {
namespace {

struct Offer {
  std::string_view type;
  Format format;
};
constexpr std::array<Offer, 4> kOffers = {{{"application/json", Format::kJson},
                                           {"text/csv", Format::kCsv},
                                           {"application/x-ndjson", Format::kNdjson},
                                           {"application/ndjson", Format::kNdjson}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Cuts what stands before the separator off the front of `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view out = trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

// "q=0.8" in thousandths; anything malformed counts as 0, which is "not acceptable".
int quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = take_until(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view digits = parameter.substr(2);
    if (digits.empty() || digits.size() > 5 || (digits[0] != '0' && digits[0] != '1')) return 0;
    if (digits[0] == '1') return 1000;
    int out = 0;
    for (std::size_t i = 2, worth = 100; i < digits.size(); ++i, worth /= 10) {
      if (!std::isdigit(static_cast<unsigned char>(digits[i]))) return 0;
      out += (digits[i] - '0') * static_cast<int>(worth);
    }
    return out;
  }
  return 1000;
}

// How exactly a range names a type: 2 in full, 1 by "text/*", 0 by "*/*", -1 not.
int fit(std::string_view range, std::string_view type) {
  if (range == type) return 2;
  if (range == "*/*") return 0;
  const bool family = range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1));
  return family ? 1 : -1;
}

// The quality of the most exact range that names the type; 0 if none does.
int quality_of(std::string_view accept, std::string_view type) {
  int best_fit = -1, out = 0;
  while (!accept.empty()) {
    std::string_view item = take_until(accept, ',');
    std::string range(take_until(item, ';'));
    for (char& c : range) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (const int f = fit(range, type); f > best_fit) {
      best_fit = f;
      out = quality(item);
    }
  }
  return out;
}

}  // namespace

std::optional<Format> negotiate(std::string_view accept) {
  if (trim(accept).empty()) return Format::kJson;
  std::optional<Format> out;
  int best = 0;
  for (const Offer& offer : kOffers) {
    if (const int q = quality_of(accept, offer.type); q > best) {
      best = q;
      out = offer.format;
    }
  }
  return out;
}

std::optional<Format> format_named(std::string_view name) {
  if (name == "json") return Format::kJson;
  if (name == "csv") return Format::kCsv;
  if (name == "ndjson") return Format::kNdjson;
  return std::nullopt;
}

int limit_unless_given(Format format) {
  return format == Format::kJson ? kDefaultLimit : kMaxLimit;
}

bool is_known_to_client(std::string_view if_none_match, std::string_view etag) {
  while (!if_none_match.empty()) {
    std::string_view item = take_until(if_none_match, ',');
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == etag) return true;
  }
  return false;
}

}  // namespace sluice::api
