#include "services/transform/core/aggregates.h"

#include "common/base/bytes.h"
#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/ordered_bytes.h"

namespace sluice::transform {
namespace {

using sluice::add;

bool sums(AggregateKind kind) {
  return kind == AggregateKind::kCount || kind == AggregateKind::kSum;
}

// False if the result does not fit.
bool add_times(std::int64_t& to, std::int64_t value, std::int64_t weight) {
  std::int64_t product = 0;
  return !__builtin_mul_overflow(value, weight, &product) &&
         !__builtin_add_overflow(to, product, &to);
}

bool add_times(Decimal& to, const Decimal& value, std::int64_t weight) {
  std::optional<Decimal> product = value;
  if (weight == -1) {
    product = negate(value);
  } else if (weight != 1) {
    product = multiply(value, Decimal{weight, 0});
  }
  if (!product) return false;
  const auto sum = add(to, *product);
  if (sum) to = *sum;
  return sum.has_value();
}

}  // namespace

std::string encode(const MultisetEntry& entry) {
  std::string out;
  ByteWriter writer(out);
  writer.varint(entry.aggregate);
  writer.string(entry.order);
  writer.string(entry.value);
  return out;
}

Result<MultisetEntry> decode_entry(std::string_view payload) {
  ByteCursor reader(payload);
  MultisetEntry entry;
  entry.aggregate = reader.varint();
  entry.order = reader.string();
  entry.value = reader.string();
  if (!reader.ok() || !reader.at_end()) return fail("the bytes are no value of a multiset");
  return entry;
}

Aggregates::Aggregates(const std::string& report, const FamilySpec& family,
                       const std::function<std::size_t(std::size_t)>& place_of) {
  const auto placed = [&](const ExpressionPtr& expression) {
    return expression == nullptr ? nullptr : renumbered(expression, place_of);
  };
  for (const AggregateSpec& spec : family.aggregates) {
    Compiled compiled;
    compiled.kind = spec.kind;
    compiled.value = placed(spec.value);
    compiled.where = placed(spec.where);
    for (const ExpressionPtr& by : spec.by) compiled.by.push_back(placed(by));
    compiled.fraction = spec.fraction;
    compiled.name = "of report '" + report + "', aggregate " +
                    std::to_string(aggregates_.size() + 1) + ",";
    has_multisets_ = has_multisets_ || !sums(spec.kind);
    aggregates_.push_back(std::move(compiled));
  }
}

void Aggregates::overflow(const Compiled& aggregate) {
  throw Unsafe("the sum " + aggregate.name +
               " no longer fits in its exact number; correct or delete the records with absurd "
               "values and restart");
}

bool Aggregates::is_multiset(std::size_t aggregate) const {
  return !sums(aggregates_.at(aggregate).kind);
}

bool Aggregates::counts_distinct(std::size_t aggregate) const {
  return aggregates_.at(aggregate).kind == AggregateKind::kDistinct;
}

bool Aggregates::needs_count(std::size_t aggregate) const {
  return aggregates_.at(aggregate).kind == AggregateKind::kPercentile;
}

std::int64_t Aggregates::rank_of(std::size_t aggregate, std::int64_t count) const {
  const Compiled& compiled = aggregates_.at(aggregate);
  if (compiled.kind != AggregateKind::kPercentile || count == 0) return 0;
  // ceil(fraction * count), at least the first.
  const Rational exact = to_rational(compiled.fraction) * count;
  auto rank = static_cast<std::int64_t>(numerator(exact) / denominator(exact));
  if (rank * denominator(exact) != numerator(exact)) ++rank;
  return std::max<std::int64_t>(rank, 1) - 1;
}

AggregateValues Aggregates::zero() const {
  AggregateValues out;
  out.reserve(aggregates_.size());
  for (const Compiled& aggregate : aggregates_) {
    if (aggregate.kind == AggregateKind::kSum) {
      out.emplace_back(Decimal{});
    } else if (sums(aggregate.kind) || aggregate.kind == AggregateKind::kDistinct) {
      out.emplace_back(std::int64_t{0});
    } else {
      out.emplace_back(std::string());
    }
  }
  return out;
}

bool Aggregates::is_zero(const AggregateValues& value) const {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!sums(aggregates_[i].kind)) continue;
    const auto* number = std::get_if<std::int64_t>(&value[i]);
    if (number != nullptr ? *number != 0 : !std::get<Decimal>(value[i]).is_zero()) return false;
  }
  return true;
}

void Aggregates::add_row(AggregateValues& to, std::span<const Cell> row, std::int64_t weight,
                         Evaluator& evaluator) const {
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    const Compiled& aggregate = aggregates_[i];
    if (!sums(aggregate.kind)) continue;
    if (aggregate.where != nullptr && !evaluator.is_true(*aggregate.where, row)) continue;
    bool fits = true;
    if (aggregate.value == nullptr) {
      fits = add_times(std::get<std::int64_t>(to[i]), 1, weight);
    } else {
      const Cell cell = evaluator.cell(*aggregate.value, row);
      if (is_null(cell)) continue;
      if (aggregate.kind == AggregateKind::kCount) {
        fits = add_times(std::get<std::int64_t>(to[i]), 1, weight);
      } else if (const auto* number = std::get_if<std::int64_t>(&cell)) {
        fits = add_times(std::get<Decimal>(to[i]), Decimal{*number, 0}, weight);
      } else {
        fits = add_times(std::get<Decimal>(to[i]), std::get<Decimal>(cell), weight);
      }
    }
    if (!fits) overflow(aggregate);
  }
}

void Aggregates::each_entry(std::span<const Cell> row, Evaluator& evaluator,
                            const std::function<void(const MultisetEntry&)>& each) const {
  if (!has_multisets_) return;
  std::string order, value;
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    const Compiled& aggregate = aggregates_[i];
    if (sums(aggregate.kind)) continue;
    if (aggregate.where != nullptr && !evaluator.is_true(*aggregate.where, row)) continue;
    order.clear();
    value.clear();
    const Cell cell = evaluator.cell(*aggregate.value, row);
    bool counts = !aggregate.by.empty() || !is_null(cell);
    for (const ExpressionPtr& by : aggregate.by) {
      const Cell place = evaluator.cell(*by, row);
      counts = counts && !is_null(place);
      append_ordered(order, place);
    }
    if (!counts) continue;
    append_ordered(order, cell);
    const bool from_the_end =
        aggregate.kind == AggregateKind::kMax || aggregate.kind == AggregateKind::kLast;
    if (from_the_end) invert_order(order);
    if (aggregate.kind != AggregateKind::kDistinct) append_cell(value, cell);
    each({i, order, value});
  }
}

void Aggregates::add(AggregateValues& to, const AggregateValues& change) const {
  for (std::size_t i = 0; i < aggregates_.size(); ++i) {
    if (!sums(aggregates_[i].kind)) continue;
    auto* sum = std::get_if<std::int64_t>(&to[i]);
    const bool fits =
        sum != nullptr ? add_times(*sum, std::get<std::int64_t>(change[i]), 1)
                       : add_times(std::get<Decimal>(to[i]), std::get<Decimal>(change[i]), 1);
    if (!fits) overflow(aggregates_[i]);
  }
}

namespace {

void encode_one(ByteWriter& writer, const Aggregate& one) {
  if (const auto* number = std::get_if<std::int64_t>(&one)) {
    writer.signed_varint(*number);
  } else if (const auto* decimal = std::get_if<Decimal>(&one)) {
    // A retraction can leave digits behind (1.505 - 1.505 is 0.000): one value, one form.
    writer.decimal(canonical(*decimal, 0));
  } else {
    writer.string(std::get<std::string>(one));
  }
}

}  // namespace

void Aggregates::encode_change(const AggregateValues& value, std::string& out) const {
  ByteWriter writer(out);
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (sums(aggregates_[i].kind)) encode_one(writer, value[i]);
  }
}

void Aggregates::encode_state(const AggregateValues& value, std::string& out) const {
  ByteWriter writer(out);
  for (const Aggregate& one : value) encode_one(writer, one);
}

Result<AggregateValues> Aggregates::decode_change(std::string_view bytes) const {
  ByteCursor reader(bytes);
  AggregateValues out = zero();
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!sums(aggregates_[i].kind)) continue;
    if (auto* number = std::get_if<std::int64_t>(&out[i])) {
      *number = reader.signed_varint();
    } else {
      out[i] = reader.decimal();
    }
  }
  if (!reader.ok() || !reader.at_end()) {
    return fail("the bytes are not the aggregates of this report");
  }
  return out;
}

Result<AggregateValues> Aggregates::decode_state(std::string_view bytes) const {
  ByteCursor reader(bytes);
  AggregateValues out = zero();
  for (Aggregate& one : out) {
    if (auto* number = std::get_if<std::int64_t>(&one)) {
      *number = reader.signed_varint();
    } else if (auto* decimal = std::get_if<Decimal>(&one)) {
      *decimal = reader.decimal();
    } else {
      one = std::string(reader.string());
    }
  }
  if (!reader.ok() || !reader.at_end()) {
    return fail("the bytes are not the aggregates of this report");
  }
  return out;
}

Cell Aggregates::shown(const AggregateValues& value, std::size_t aggregate) const {
  const Aggregate& one = value.at(aggregate);
  if (const auto* number = std::get_if<std::int64_t>(&one)) return *number;
  if (const auto* decimal = std::get_if<Decimal>(&one)) return *decimal;
  const auto& bytes = std::get<std::string>(one);
  if (bytes.empty()) return {};
  ByteCursor reader(bytes);
  return read_cell(reader);
}

}  // namespace sluice::transform
