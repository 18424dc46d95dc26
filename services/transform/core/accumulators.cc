#include "services/transform/core/accumulators.h"

#include "common/base/bytes.h"

namespace sluice::transform {
namespace {

using sluice::add;

// False if the sum does not fit.
bool add_integer(std::int64_t& to, std::int64_t change) {
  return !__builtin_add_overflow(to, change, &to);
}

// The number in a cell of a summed column; nullopt if the cell is null.
std::optional<Decimal> number_of(const Cell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return Decimal{*whole, 0};
  if (const auto* decimal = std::get_if<Decimal>(&cell)) return *decimal;
  return std::nullopt;
}

bool add_decimal(Decimal& to, const Decimal& change) {
  const auto sum = add(to, change);
  if (sum) to = *sum;
  return sum.has_value();
}

}  // namespace

Measures::Measures(const ReportSpec& report, const std::vector<ColumnSpec>& columns,
                   const std::vector<std::size_t>& cell_of) {
  for (const MeasureSpec& spec : report.measures) {
    Measure measure{Kind::kCount, 0, report.name + "." + spec.name};
    if (spec.kind == MeasureKind::kSum) {
      const bool decimal = columns.at(spec.column).type == ColumnType::kDecimal;
      measure.kind = decimal ? Kind::kSumOfDecimals : Kind::kSumOfIntegers;
      measure.cell = cell_of.at(spec.column);
    }
    measures_.push_back(std::move(measure));
  }
}

void Measures::overflow(const Measure& measure) {
  throw Unsafe("the sum " + measure.name +
               " no longer fits in its exact number; correct or delete the records with absurd "
               "values and restart");
}

Accumulators Measures::zero() const {
  Accumulators out;
  out.reserve(measures_.size());
  for (const Measure& measure : measures_) {
    if (measure.kind == Kind::kCount) {
      out.emplace_back(std::int64_t{0});
    } else {
      out.emplace_back(Decimal{});
    }
  }
  return out;
}

bool Measures::is_zero(const Accumulators& value) const {
  for (const Accumulator& one : value) {
    const auto* number = std::get_if<std::int64_t>(&one);
    if (number != nullptr ? *number != 0 : !std::get<Decimal>(one).is_zero()) return false;
  }
  return true;
}

void Measures::add_record(Accumulators& to, std::span<const Cell> cells, bool take_back) const {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    const Measure& measure = measures_[i];
    bool fits = true;
    if (measure.kind == Kind::kCount) {
      fits = add_integer(std::get<std::int64_t>(to[i]), take_back ? -1 : 1);
    } else {
      const auto number = number_of(cells[measure.cell]);
      if (!number) continue;
      fits = add_decimal(std::get<Decimal>(to[i]), take_back ? sluice::negate(*number) : *number);
    }
    if (!fits) overflow(measure);
  }
}

void Measures::add(Accumulators& to, const Accumulators& change) const {
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    auto* sum = std::get_if<std::int64_t>(&to[i]);
    const bool fits = sum != nullptr
                          ? add_integer(*sum, std::get<std::int64_t>(change[i]))
                          : add_decimal(std::get<Decimal>(to[i]), std::get<Decimal>(change[i]));
    if (!fits) overflow(measures_[i]);
  }
}

Accumulators Measures::negate(const Accumulators& value) const {
  Accumulators out = value;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (auto* sum = std::get_if<std::int64_t>(&out[i])) {
      if (__builtin_sub_overflow(std::int64_t{0}, *sum, sum)) overflow(measures_[i]);
    } else {
      out[i] = sluice::negate(std::get<Decimal>(out[i]));
    }
  }
  return out;
}

void Measures::encode(const Accumulators& value, std::string& out) const {
  ByteWriter writer(out);
  for (std::size_t i = 0; i < measures_.size(); ++i) {
    switch (measures_[i].kind) {
      case Kind::kCount:
        writer.signed_varint(std::get<std::int64_t>(value[i]));
        break;
      case Kind::kSumOfIntegers:
        writer.signed_wide(std::get<Decimal>(value[i]).units);
        break;
      case Kind::kSumOfDecimals:
        // A retraction can leave digits behind (1.505 - 1.505 is 0.000): one value, one form.
        writer.decimal(canonical(std::get<Decimal>(value[i]), 0));
        break;
    }
  }
}

Result<Accumulators> Measures::decode(std::string_view bytes) const {
  ByteReader reader(bytes);
  Accumulators out;
  out.reserve(measures_.size());
  for (const Measure& measure : measures_) {
    switch (measure.kind) {
      case Kind::kCount:
        out.emplace_back(reader.signed_varint());
        break;
      case Kind::kSumOfIntegers:
        out.emplace_back(Decimal{reader.signed_wide(), 0});
        break;
      case Kind::kSumOfDecimals:
        out.emplace_back(reader.decimal());
        break;
    }
  }
  if (!reader.ok() || !reader.at_end()) return fail("the bytes are not the measures of this report");
  return out;
}

Cell Measures::shown(const Accumulators& value, std::size_t measure) const {
  const Accumulator& one = value.at(measure);
  if (const auto* number = std::get_if<std::int64_t>(&one)) return *number;
  return std::get<Decimal>(one);
}

}  // namespace sluice::transform
