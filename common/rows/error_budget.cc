#include "common/rows/error_budget.h"

#include <algorithm>
#include <functional>
#include <vector>

#include <fmt/format.h>

namespace sluice {
namespace {

constexpr std::size_t kReasonsTold = 3;

bool is_above(std::uint64_t rejected, std::uint64_t rows, const Decimal& share) {
  const auto allowed = multiply(share, Decimal{static_cast<__int128>(rows), 0});
  return allowed && compare(Decimal{static_cast<__int128>(rejected), 0}, *allowed) > 0;
}

}  // namespace

void ErrorTally::rejected(std::string_view rule, std::string_view column) {
  ++rejected_;
  ++reasons_[{std::string(rule), std::string(column)}];
}

std::optional<std::string> ErrorTally::over(const ErrorBudget& budget) const {
  std::string allowed;
  if (budget.max_rows && rejected_ > *budget.max_rows) {
    allowed = fmt::format("{} (errors.max_rows)", *budget.max_rows);
  } else if (budget.max_share && is_above(rejected_, rows_, *budget.max_share)) {
    allowed = fmt::format("a share of {} (errors.max_share)", to_string(*budget.max_share));
  } else {
    return std::nullopt;
  }
  return fmt::format("{} of its {} rows cannot become records, and the definition allows {}: {}. None of its rows was "
                     "counted. Mend the file or the definition, and drop it again.",
                     rejected_, rows_, allowed, most_frequent());
}

std::string ErrorTally::most_frequent() const {
  using Reason = std::pair<std::pair<std::string, std::string>, std::uint64_t>;
  std::vector<Reason> reasons(reasons_.begin(), reasons_.end());
  std::ranges::stable_sort(reasons, std::ranges::greater(), &Reason::second);
  std::string out;
  for (std::size_t i = 0; i < reasons.size() && i < kReasonsTold; ++i) {
    const auto& [reason, rows] = reasons[i];
    out += fmt::format("{}{} in {} rows{}", i == 0 ? "" : ", ", reason.first, rows,
                       reason.second.empty() ? "" : " (" + reason.second + ")");
  }
  if (reasons.size() > kReasonsTold) out += fmt::format(" and {} more reasons", reasons.size() - kReasonsTold);
  return out;
}

}  // namespace sluice
