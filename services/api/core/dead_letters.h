#pragma once
// Dead letters beyond their list: groups, one with its cell, and which of them a retry or a discard means. Pure: reads
// requests, makes SQL and JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/api/core/table_query.h"

namespace sluice::api {

inline constexpr std::size_t kMaxLetterIds = 1000;
inline constexpr std::size_t kMaxNote = 1000;

// The open letters of one dataset that all of it fits.
struct LetterFilter {
  std::string dataset;
  std::optional<std::string> file, rule, column, reason;
  std::vector<std::string> ids;  // empty: any
  std::string note;              // of a discard: why
};

// From the body, a JSON object. The Error is a sentence for the client.
Result<LetterFilter> read_letter_filter(std::string_view body, bool with_note);

using Query = std::vector<std::pair<std::string, std::string>>;

// The list's query: open letters, unless `state` says which; state=all takes any.
Query with_state(Query query);

// How many open letters there are, and how many of them can be retried, have nothing to be read by, and are of files
// that failed; in this order.
Statement count_letters(const LetterFilter& filter);
// Those that can be retried, in the order of their ids: id, file name, context, row, when they failed first (in ms).
Statement select_retried(const LetterFilter& filter);
// Settles the open letters; `who` may be empty. Answers their number.
Statement discard_letters(const LetterFilter& filter, std::string_view who);

// dataset, rule, column, letters, open, can be retried, first, last, example's id, its reason. The Error names what may
// be asked for.
Result<Statement> select_groups(const Query& query);
Statement select_letter(const std::string& id);  // the list's columns, then the context

struct LetterCounts {
  std::uint64_t matching = 0, retriable = 0, without_context = 0, of_failed_files = 0;
};
// `receipt`: of the retry's file, as JSON; empty: none.
std::string retry_json(const LetterCounts& counts, std::string_view receipt);
// The letter as the list has it, with the place of its cell and whether it can be retried.
std::string letter_json(std::string_view listed, std::string_view context, std::string_view row, std::string_view column);

}  // namespace sluice::api
