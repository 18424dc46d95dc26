#pragma once
// Counts what each row of a file would become.

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "common/definition/definition.h"
#include "common/doctor/diagnosis.h"
#include "common/rows/error_budget.h"
#include "common/rows/raw_rows.h"
#include "common/rows/row_reader.h"
#include "common/rows/value_tree.h"

namespace sluice::doctor {

class Examination {
 public:
  // The results go into `out`, which outlives it.
  Examination(RowReader reader, const Dataset& dataset, Diagnosis& out);
  void take(std::string_view text, const SplitResult& split);
  const ErrorTally& tally() const { return tally_; }

 private:
  void take_record();
  void reject(const RawRow& row, std::string_view text, const RowRejection& why);

  RowReader reader_;
  Diagnosis& out_;
  RowRecord record_;
  RowRejection rejection_;
  ValueTree tree_;
  ErrorTally tally_;
  // Hashes of the keys seen, and of the latest record of each.
  std::unordered_map<std::size_t, std::size_t> seen_;
};

}  // namespace sluice::doctor
