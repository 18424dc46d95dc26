#pragma once
// Names for what a definition is proposed for: of a dataset and its fields, and what the names of files like one
// have in common.

#include <set>
#include <string>
#include <string_view>

namespace sluice::doctor {

// A name as definitions have them, none of `taken`, which then has it: small letters, digits and '_', a letter first.
// Letters with accents become plain ones ("März" is maerz); of a text without any letter it is `otherwise`.
std::string name_from(std::string_view text, std::string_view otherwise, std::set<std::string>& taken);

// "sales-2024-01.csv.gz" -> "sales-", "2024_sales.csv" -> "sales"; empty: the name has no letter.
std::string words_of(const std::string& file_name);

// A pattern that takes it and its like: "sales-*.csv", "*sales*.csv".
std::string pattern_for(const std::string& file_name);

}  // namespace sluice::doctor
