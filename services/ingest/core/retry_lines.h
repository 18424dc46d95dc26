#pragma once
// A retry of dead letters as a file (docs/dead-letters.md). Its first line says whose rows they are and by which
// definition they are to be read; each further line is a letter (common/model/retried_letter.h):
//
//   {"retry":"bookings","definition":"0123456789abcdef0123456789abcdef"}
//   {"context":{…},"failed_at":"2026-11-30T10:00:00Z","file_name":"bookings.csv","id":"17-9f86d081884c:0:345","row":"…"}
//
// So the same letters by the same definition are the same bytes, which are read once, and after a mend another file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/definition/definition.h"
#include "common/model/retried_letter.h"
#include "common/rows/row_format.h"
#include "common/rows/row_rejection.h"

namespace sluice::ingest {

// Announcement::source of a retry.
inline constexpr std::string_view kRetrySource = "retry";

std::string first_line_of_retry(const Dataset& dataset);

// The same letter with what is wrong with it now.
DeadLetter again(DeadLetter letter, const RowRejection& rejection);

// Opens only a retry of this dataset by this very definition, and splits it into lines. It has no cells.
std::unique_ptr<RowFormat> retry_lines(std::shared_ptr<const Dataset> dataset);

}  // namespace sluice::ingest
