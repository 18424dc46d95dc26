#pragma once
// From a message of a target's topic to a row of its table, in COPY's text format.

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/error.h"
#include "common/ports/log.h"
#include "services/loader/core/target.h"

namespace sluice::loader {

// Which of two rows with one key is the later, compared like a word.
using RowVersion = std::array<std::int64_t, 4>;

struct TableRow {
  std::string copy;  // '\t' between the table's columns, no '\n'
  RowVersion version{};
};

// A message that is no row is an Error, a sentence for its dead letter. One thread uses one object.
class MessageReader {
 public:
  virtual ~MessageReader() = default;
  virtual Result<TableRow> row(const LogRecord& message) = 0;
  // The key columns alone, for a row that is gone.
  virtual Result<std::string> key(std::string_view message_key) = 0;
};

// The target outlives the reader.
std::unique_ptr<MessageReader> message_reader(const Target& target);

}  // namespace sluice::loader
