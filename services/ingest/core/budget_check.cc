#include "services/ingest/core/budget_check.h"

#include <utility>

namespace sluice::ingest {

Result<bool> BudgetCheck::read_block() {
  auto block = reading_->next();
  if (!block) return tl::unexpected(block.error());
  if (!*block) return true;
  tally_.rows_read((*block)->rows);
  bytes_ = (*block)->next_byte;
  for (DeadLetter& letter : (*block)->letters) {
    tally_.rejected(letter.rule, letter.column);
    letter_bytes_ += letter.row.size();
    if (letters_.size() == kMostRefusedLetters || letter_bytes_ > kMostRefusedBytes) continue;
    letter.context = reading_->context();  // by which the cell can be marked
    letters_.push_back(std::move(letter));
  }
  return false;
}

std::optional<std::string> BudgetCheck::refusal() const {
  const auto& budget = reading_->dataset().errors;
  return budget ? tally_.over(*budget) : std::nullopt;
}

}  // namespace sluice::ingest
