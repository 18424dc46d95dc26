#include "common/doctor/key_guess.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostTried = 10;  // columns of which pairs and triples are tried

bool is_named_as_key(const std::string& source) {
  std::string name = source.substr(source.find_last_of("./@") + 1);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name == "id" || name == "uuid" || name == "key" || name.ends_with("_id") ||
         name.ends_with("_key") || source.ends_with("Id") || source.ends_with("ID");
}

class Rows {
 public:
  explicit Rows(const Sample& sample) : sample_(sample) {
    std::vector<std::string> whole(sample.rows);
    for (std::size_t column = 0; column < sample.columns.size(); ++column) {
      for (const SampleValue& value : sample.columns[column].values) {
        whole[value.row] += std::to_string(column) + "\n" + value.text + "\n";
      }
    }
    std::set<std::string> seen;
    for (const std::string& row : whole) counts_.push_back(seen.insert(row).second);
    different_ = seen.size();
  }

  bool are_told_apart_by(const std::vector<std::size_t>& columns) const {
    std::vector<std::string> keys(sample_.rows);
    for (const std::size_t column : columns) {
      for (const SampleValue& value : sample_.columns[column].values) {
        keys[value.row] += value.text + "\n";
      }
    }
    std::set<std::string> seen;
    for (std::size_t row = 0; row < keys.size(); ++row) {
      if (counts_[row]) seen.insert(keys[row]);
    }
    return seen.size() == different_;
  }

 private:
  const Sample& sample_;
  std::vector<bool> counts_;  // whether the row is the first of those that are the same
  std::size_t different_ = 0;
};

}  // namespace

std::vector<std::size_t> guess_key(const Sample& sample, const std::vector<std::size_t>& candidates) {
  const Rows rows(sample);
  std::vector<std::size_t> order = candidates;
  std::ranges::stable_partition(order, [&](std::size_t column) {
    return is_named_as_key(sample.columns[column].source);
  });
  for (const std::size_t one : order) {
    if (rows.are_told_apart_by({one})) return {one};
  }
  order.resize(std::min(order.size(), kMostTried));
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      if (rows.are_told_apart_by({order[i], order[j]})) return {order[i], order[j]};
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      for (std::size_t k = j + 1; k < order.size(); ++k) {
        if (rows.are_told_apart_by({order[i], order[j], order[k]})) {
          return {order[i], order[j], order[k]};
        }
      }
    }
  }
  return candidates;
}

}  // namespace sluice::doctor
