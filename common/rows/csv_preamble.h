#pragma once
// What stands above a CSV file's header or first row and is none of it: the lines that the definition skips, the
// `sep=;` of Excel's, blank lines above a header. Physical lines: a quote means nothing in them. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/base/error.h"
#include "common/definition/definition.h"

namespace sluice {

struct CsvPreamble {
  std::size_t bytes = 0;
  std::uint64_t lines = 0;
  // What `sep=` on the first line says. A line that contradicts the definition's delimiter or its quote is
  // none, and stays.
  std::optional<char> delimiter;
};

// `start`: the file's text behind its byte order mark; `at_end`: all of it. nullopt: more of it must be given.
// Error: the lines to skip do not end within kMaxRowBytes.
Result<std::optional<CsvPreamble>> csv_preamble(std::string_view start, bool at_end, const CsvFormat& format);

}  // namespace sluice
