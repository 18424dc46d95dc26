#pragma once
// The api's answers as a person or a file gets them. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace sluice::cli {

using Json = nlohmann::ordered_json;

// As people read it; empty for null.
std::string cell(const Json& value);

// GET /v1/reports as a table: one line a report.
std::string reports_table(const Json& answer);

// GET /v1/dead-letters as a table: file by file, those with the newest first, and in each by line.
std::string dead_letters_table(const Json& answer);

// GET /v1/dead-letters/groups as a table: those with most open letters first.
std::string dead_letter_groups_table(const Json& answer);

// GET /v1/dead-letters/{id}: what is known, then the row, with a line of ^ below the cell that is wrong.
std::string dead_letter_text(const Json& letter);

// What a retry's settled receipt says, in a sentence.
std::string retry_result(const Json& file);

// Where nothing was found of `dataset`, which is empty if all were asked for: a sentence if there is no such
// dataset, with the names there are.
std::optional<std::string> no_such_dataset(const std::string& dataset, const std::vector<std::string>& known);

// What a service answers to /readyz: why it is not ready, a line each ("tables: waiting for …"); none: it is.
std::vector<std::string> reasons_of(const Json& readiness);
// And its sentences on definitions that are refused, or not in force as they stand.
std::vector<std::string> definitions_of(const Json& readiness);

// The pages of a table as one CSV: the header stands in each page, and in the whole once.
class CsvPages {
 public:
  // `limit`: rows in all; nothing: all there are.
  explicit CsvPages(std::optional<long> limit) : left_(limit) {}
  // How many rows the next page may have.
  long next_limit() const;
  // What to print of a page that had next_limit() rows at most. Rows in quotes may hold line ends.
  std::string_view take(std::string_view page);
  // Whether to ask for the page at `cursor`, which is empty behind the last one.
  bool goes_on(std::string_view cursor) const { return !cursor.empty() && (!left_ || *left_ > 0); }

 private:
  std::optional<long> left_;
  bool header_taken_ = false;
};

}  // namespace sluice::cli
