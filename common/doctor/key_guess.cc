#include "common/doctor/key_guess.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace sluice::doctor {
namespace {

constexpr std::size_t kMostTried = 10;  // columns of which pairs and triples are tried
constexpr std::size_t kNearlyAllPercent = 99;

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

  bool are_told_apart_by(const std::vector<std::size_t>& columns) const { return repeated(columns) == 0; }

  bool are_nearly_told_apart_by(std::size_t column) const {
    return (different_ - repeated({column})) * 100 >= different_ * kNearlyAllPercent;
  }

  // Different rows that have the same values in these columns as one before them.
  std::size_t repeated(const std::vector<std::size_t>& columns) const {
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
    return different_ - seen.size();
  }

 private:
  const Sample& sample_;
  std::vector<bool> counts_;  // whether the row is the first of those that are the same
  std::size_t different_ = 0;
};

// The first one, two or three columns that tell all rows apart; empty: none do.
std::vector<std::size_t> few_that_tell_apart(const Rows& rows, std::vector<std::size_t> order) {
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
  return {};
}

}  // namespace

KeyGuess guess_key(const Sample& sample, const std::vector<std::size_t>& candidates) {
  const Rows rows(sample);
  std::vector<std::size_t> order = candidates;
  const auto others = std::ranges::stable_partition(order, [&](std::size_t column) {
    return is_named_as_key(sample.columns[column].source);
  });
  const std::vector<std::size_t> named(order.begin(), others.begin());
  for (const std::size_t one : named) {
    if (rows.are_told_apart_by({one})) return {{one}, 0, {}};
  }
  const std::vector<std::size_t> apart = few_that_tell_apart(rows, order);
  for (const std::size_t one : named) {
    if (rows.are_nearly_told_apart_by(one)) return {{one}, rows.repeated({one}), apart};
  }
  if (!apart.empty()) return {apart, 0, {}};
  return {candidates, rows.repeated(candidates), {}};
}

}  // namespace sluice::doctor
