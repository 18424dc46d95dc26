#include "services/transform/core/family_keys.h"

#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

// A day's label is asked for by every record of that day; instants repeat less and are forgotten.
constexpr std::size_t kCachedWindows = 8192;

std::optional<std::int64_t> moment_of(const Cell& time) {
  if (const auto* date = std::get_if<Date>(&time)) return date->days;
  if (const auto* instant = std::get_if<Instant>(&time)) return instant->micros;
  return std::nullopt;
}

}  // namespace

FamilyKeys::FamilyKeys(const FamilySpec& family,
                       const std::function<std::size_t(std::size_t)>& place_of) {
  for (const ExpressionPtr& key : family.keys) keys_.push_back({renumbered(key, place_of), {}});
}

const std::string& FamilyKeys::label_of(Key& key, const Cell& time, Evaluator& evaluator,
                                        std::span<const Cell> row, std::string& scratch) {
  const auto moment = moment_of(time);
  if (moment) {
    const auto found = key.labels.find(*moment);
    if (found != key.labels.end()) return found->second;
  }
  scratch.clear();
  append_cell(scratch, evaluator.cell(*key.expression, row));
  if (!moment) return scratch;
  if (key.labels.size() >= kCachedWindows) key.labels.clear();
  return key.labels.emplace(*moment, scratch).first->second;
}

void FamilyKeys::write(const RelationRow& row, Evaluator& evaluator, std::string& out) {
  out.clear();
  for (Key& key : keys_) {
    const Expression& expression = *key.expression;
    if (expression.function == Function::kColumn && !row.encoded.empty() &&
        expression.column < row.encoded.size()) {
      out.append(row.encoded[expression.column]);
    } else if (expression.function == Function::kWindow) {
      const Cell time = evaluator.cell(*expression.arguments[0], row.cells);
      out.append(label_of(key, time, evaluator, row.cells, scratch_));
    } else {
      append_cell(out, evaluator.cell(expression, row.cells));
    }
  }
}

std::optional<Instant> event_instant(const Cell& cell) {
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (const auto* date = std::get_if<Date>(&cell)) return Instant{date->days * kMicrosPerDay};
  if (const auto* instant = std::get_if<Instant>(&cell)) return *instant;
  return std::nullopt;
}

}  // namespace sluice::transform
