#pragma once
// Reads a file once, before anything of it is published, and counts what would become dead letters of it: whether it keeps
// to its definition's error budget. Keeps the first of them, for people to look at. After a restart it is read again.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/model/dead_letter.h"
#include "common/rows/error_budget.h"
#include "services/ingest/core/file_reading.h"

namespace sluice::ingest {

inline constexpr std::size_t kMostRefusedLetters = 100;
inline constexpr std::size_t kMostRefusedBytes = 4 * 1024 * 1024;  // of their rows together

class BudgetCheck {
 public:
  explicit BudgetCheck(std::unique_ptr<FileReading> reading) : reading_(std::move(reading)) {}

  // Reads a block. True: that was the last.
  Result<bool> read_block();
  // When all is read: the sentence why the file is refused; nullopt: it is not.
  std::optional<std::string> refusal() const;
  std::vector<DeadLetter> take_letters() { return std::move(letters_); }
  // So far.
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<FileReading> reading_;
  ErrorTally tally_;
  std::vector<DeadLetter> letters_;
  std::size_t letter_bytes_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice::ingest
