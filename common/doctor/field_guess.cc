#include "common/doctor/field_guess.h"

#include <algorithm>
#include <functional>

#include "common/base/calendar.h"
#include "common/base/decimal.h"
#include "common/rows/field_parsers.h"

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostFormats = 3;
constexpr std::size_t kMostTimes = 200;  // that are looked at: there are many formats
constexpr std::size_t kBrokenPercent = 5;

using Fits = std::function<bool(const SampleValue&)>;

std::size_t count(const SampleColumn& column, const Fits& fits) {
  return static_cast<std::size_t>(std::ranges::count_if(column.values, fits));
}

bool nearly_all(std::size_t all, std::size_t fitting) {
  return fitting > 0 && (all - fitting) * 100 <= all * kBrokenPercent;
}

bool is_word_of_truth(const SampleValue& value) {
  return parse_boolean(value.text) && !parse_integer(value.text);
}

// "0012" is a code, no number.
bool is_number(const SampleValue& value) {
  std::string_view digits = value.text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  const bool code = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  return !code && parse_decimal(value.text);
}

const std::vector<std::string>& date_formats() {
  static const std::vector<std::string> formats = {"%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y",
                                                   "%m-%d-%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d",
                                                   "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%m-%y",
                                                   "%m-%d-%y", "%y-%m-%d", "%y/%m/%d"};
  return formats;
}

const std::vector<std::string>& timestamp_formats() {
  static const std::vector<std::string> formats = [] {
    std::vector<std::string> out;
    for (const std::string& date : date_formats()) {
      for (const char* time : {"T%H:%M:%S%z", " %H:%M:%S%z", " %H:%M:%S %z", "T%H:%M:%S", " %H:%M:%S",
                               " %H:%M:%S UTC", "T%H:%M%z", "T%H:%M", " %H:%M"}) {
        out.push_back(date + time);
      }
    }
    return out;
  }();
  return formats;
}

// Whether they differ in nothing but the order of year, month and day, and may read one text; a year of four digits
// shows where it stands.
bool are_of_two_orders(const std::string& a, const std::string& b) {
  const auto date = [](std::string format) {
    std::string parts = {format[1], format[4], format[7]};
    std::ranges::sort(parts);
    format[1] = format[4] = format[7] = '?';
    return parts + format;
  };
  return a != b && a.size() == b.size() && a.size() >= 8 && a.find('Y') == b.find('Y') && date(a) == date(b);
}

// The formats that together read nearly all values, those that read most first.
std::optional<FieldGuess> guess_time(const SampleColumn& column, FieldType type,
                                     const std::vector<std::string>& formats) {
  const auto reads = [type](const std::string& format, const SampleValue& value) {
    return type == FieldType::kDate ? parse_date(value.text, format).has_value()
                                    : parse_instant(value.text, format, TimeZone::utc()).has_value();
  };
  FieldGuess out{type};
  SampleColumn left{column.source, column.values};
  left.values.resize(std::min(left.values.size(), kMostTimes));
  const std::size_t all = left.values.size();
  while (!left.values.empty() && out.formats.size() < kMostFormats) {
    std::pair<std::size_t, const std::string*> best{0, nullptr};
    for (const std::string& format : formats) {
      const std::size_t fits = count(left, [&](const auto& value) { return reads(format, value); });
      if (fits > best.first) best = {fits, &format};
    }
    if (best.second == nullptr) break;
    const std::string& format = *best.second;
    const auto is_other = [&](const std::string& other) { return are_of_two_orders(format, other); };
    // Of two values, one may be read by one order and one by the other; neither is known to be right.
    if (std::ranges::any_of(out.formats, is_other)) break;
    for (const std::string& other : formats) {
      if (!is_other(other)) continue;
      if (count(left, [&](const auto& value) { return reads(other, value); }) == best.first) {
        out.other_orders.push_back(other);
      }
    }
    out.formats.push_back(format);
    std::erase_if(left.values, [&](const auto& value) { return reads(format, value); });
  }
  if (!nearly_all(all, all - left.values.size())) return std::nullopt;
  return out;
}

// Numbers with a decimal comma, or with thousands set apart.
std::optional<FieldGuess> guess_separated(const SampleColumn& column) {
  std::optional<FieldGuess> out;
  for (const char separator : {',', '.'}) {
    const auto reads = [separator](const SampleValue& value) {
      return value.kind == SampleKind::kUntyped && (value.text.size() < 2 || value.text[0] != '0' ||
             value.text[1] < '0' || value.text[1] > '9') && parse_separated_decimal(value.text, separator);
    };
    const auto whole = [separator](const SampleValue& value) {
      return parse_separated_integer(value.text, separator).has_value();
    };
    const std::size_t fits = count(column, reads);
    if (!nearly_all(column.values.size(), fits)) continue;
    if (out) {
      out->other_separator = true;
      continue;
    }
    const bool integers = count(column, whole) >= fits;
    out = FieldGuess{integers ? FieldType::kInteger : FieldType::kDecimal};
    out->decimal_separator = separator;
  }
  return out;
}

// Whether a field as it is guessed takes the value.
bool takes(const FieldGuess& field, const SampleValue& value) {
  const auto untyped_or = [&](SampleKind kind) { return value.kind == SampleKind::kUntyped || value.kind == kind; };
  switch (field.type) {
    case FieldType::kInteger:
      return field.decimal_separator == '\0' ? untyped_or(SampleKind::kNumber) && parse_integer(value.text)
                                             : parse_separated_integer(value.text, field.decimal_separator).has_value();
    case FieldType::kDecimal:
      return field.decimal_separator == '\0' ? untyped_or(SampleKind::kNumber) && parse_decimal(value.text)
                                             : parse_separated_decimal(value.text, field.decimal_separator).has_value();
    case FieldType::kBoolean: return untyped_or(SampleKind::kBoolean) && parse_boolean(value.text);
    case FieldType::kMoney: return parse_money(value.text, DecimalMark::kByCurrency).has_value();
    case FieldType::kDate:
      return std::ranges::any_of(field.formats, [&](const auto& f) { return parse_date(value.text, f).has_value(); });
    case FieldType::kTimestamp:
      return std::ranges::any_of(field.formats, [&](const auto& f) {
        return parse_instant(value.text, f, TimeZone::utc()).has_value();
      });
    default: return true;
  }
}

std::optional<FieldGuess> guess_type(const SampleColumn& column) {
  const auto of_kind = [&](SampleKind kind) {
    return count(column, [kind](const auto& value) { return value.kind == kind; });
  };
  if (of_kind(SampleKind::kNested) > 0) return std::nullopt;
  if (of_kind(SampleKind::kList) > 0) {
    if (of_kind(SampleKind::kList) < column.values.size()) return std::nullopt;
    return FieldGuess{FieldType::kList};
  }
  const std::size_t untyped = of_kind(SampleKind::kUntyped);
  const auto all_are = [&](SampleKind kind, const Fits& fits) {
    return nearly_all(column.values.size(), count(column, [&](const SampleValue& value) {
                        return (value.kind == kind || value.kind == SampleKind::kUntyped) && fits(value);
                      }));
  };
  if (all_are(SampleKind::kBoolean, is_word_of_truth)) return FieldGuess{FieldType::kBoolean};
  // "20170131" is a date sooner than a number, where nothing says that it is a number.
  if (untyped > 0 || of_kind(SampleKind::kText) > 0) {
    if (auto date = guess_time(column, FieldType::kDate, date_formats())) return date;
    if (auto time = guess_time(column, FieldType::kTimestamp, timestamp_formats())) return time;
  }
  if (all_are(SampleKind::kNumber, [](const auto& value) {
        return is_number(value) && parse_integer(value.text).has_value();
      })) {
    return FieldGuess{FieldType::kInteger};
  }
  if (all_are(SampleKind::kNumber, is_number)) return FieldGuess{FieldType::kDecimal};
  if (auto separated = guess_separated(column)) return separated;
  if (all_are(SampleKind::kText, [](const auto& value) {
        return parse_money(value.text, DecimalMark::kByCurrency).has_value();
      })) {
    return FieldGuess{FieldType::kMoney};
  }
  return FieldGuess{};
}

}  // namespace

std::optional<FieldGuess> guess_field(const SampleColumn& column) {
  auto out = guess_type(column);
  if (!out) return out;
  for (const SampleValue& value : column.values) {
    if (takes(*out, value)) continue;
    if (++out->misfits == 1) out->first_misfit = value.text;
  }
  return out;
}

}  // namespace sluice::doctor
