#include "common/doctor/examination.h"

#include <functional>
#include <utility>

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostOfRow = 500;

}  // namespace

Examination::Examination(RowReader reader, const Dataset& dataset, Diagnosis& out)
    : reader_(std::move(reader)), out_(out) {
  for (const ColumnSpec& column : dataset.columns) out_.columns.emplace_back(column);
}

void Examination::take(std::string_view text, const SplitResult& split) {
  for (const RawRow& row : split.rows) {
    const std::string_view bytes = text.substr(row.begin, row.end - row.begin);
    ++out_.rows;
    tally_.row_read();
    if (row.unclosed_quote) {
      reject(row, bytes,
             {"", "unclosed_quote", "a quote is opened on this line and never closed"});
    } else if (reader_.read(bytes, record_, rejection_)) {
      take_record();
    } else {
      reject(row, bytes, rejection_);
    }
  }
}

void Examination::take_record() {
  tree_.clear();
  const auto root = tree_.add_json(record_.value);
  std::uint32_t at = *root + 1;
  for (ColumnStatistics& column : out_.columns) {
    column.add(tree_[at + 1]);
    at = tree_[at + 1].next;
  }
  const std::size_t key = std::hash<std::string>{}(record_.key);
  const std::size_t value = std::hash<std::string>{}(record_.value);
  const auto known = seen_.find(key);
  if (known != seen_.end()) {
    ++(known->second == value ? out_.duplicates : out_.corrections);
    known->second = value;
    return;
  }
  ++out_.records;
  if (seen_.size() < kMostKeys) {
    seen_.emplace(key, value);
  } else {
    out_.all_keys_followed = false;
  }
}

void Examination::reject(const RawRow& row, std::string_view text, const RowRejection& why) {
  ++out_.dead_letters;
  tally_.rejected(why.rule, why.column);
  ++out_.dead_letters_by_rule[why.rule];
  ++out_.dead_letters_by_column[why.column];
  if (out_.first_dead_letters.size() == kMostLetters) return;
  out_.first_dead_letters.push_back({row.line, why, printable_row(text.substr(0, kMostOfRow))});
}

}  // namespace sluice::doctor
