#pragma once
// Collects the values of a sample by column. Only for .cc files of this folder.

#include <map>
#include <string>
#include <utility>

#include "common/doctor/sample.h"

namespace sluice::doctor {

class SampleBuilder {
 public:
  explicit SampleBuilder(Sample& sample) : sample_(sample) {}

  void begin_row() { ++sample_.rows; }
  bool full() const { return sample_.rows >= kSampleRows; }
  void column(const std::string& source) { index_of(source); }
  // Of several values of one column in a row, the first counts.
  void add(const std::string& source, SampleKind kind, std::string_view text) {
    SampleColumn& column = sample_.columns[index_of(source)];
    const std::size_t row = sample_.rows - 1;
    if (text.empty() || (!column.values.empty() && column.values.back().row == row)) return;
    column.values.push_back({row, kind, std::string(text)});
  }

 private:
  std::size_t index_of(const std::string& source) {
    const auto [found, fresh] = index_.emplace(source, sample_.columns.size());
    if (fresh) sample_.columns.push_back({source, {}});
    return found->second;
  }

  Sample& sample_;
  std::map<std::string, std::size_t> index_;
};

// Each fills the sample, whose `format` is set.
Result<bool> sample_csv(std::string_view text, bool at_end, Sample& sample);
Result<bool> sample_json(std::string_view text, bool at_end, Sample& sample);
Result<bool> sample_xml(std::string_view text, bool at_end, Sample& sample);

}  // namespace sluice::doctor
