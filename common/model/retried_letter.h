#pragma once
// A dead letter on its way to be retried: one line of JSON, what is known of its row without what was wrong with it.
// The api writes it, ingest reads it. The same letter is the same bytes however often it is tried.

#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/model/dead_letter.h"

namespace sluice {

// Of a letter of a file's row that has a context. Ends with '\n'.
std::string retried_letter_line(const DeadLetter& letter);
Result<DeadLetter> retried_letter_from_json(std::string_view line);

}  // namespace sluice
