#pragma once
// A row (or record) that could not go on, kept whole with its reason. Topic dead_letters of the
// dataset: key = the id, value = the JSON below, headers Kafka Connect's `__connect.errors.*` and
// our own, `x-…`, so that any tool can read why. A tombstone: the row has become a record since, by the
// retry that its `retry` header names (docs/dead-letters.md).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/ports/log.h"

namespace sluice {

struct DeadLetter {
  std::string id;  // "<file id>:<entry>:<line>", the row's origin; poison: "<topic>/<p>/<offset>"
  std::string dataset;
  std::string file;  // file id; empty for a foreign message
  std::string file_name;
  std::uint32_t entry = 0;
  std::uint64_t line = 0;
  std::string column;  // empty: the row as a whole
  std::string rule;    // closed set, for grouping: "required", "type.date", "columns", ...
  std::string reason;  // plain sentence with the value
  std::string row;     // as it stood in the file, bytes that are not UTF-8 escaped as \xNN
  std::string stage;   // "ingest" or "transform"
  // What the row needs to be read once more without its file (common/rows/row_context.h), a JSON object; empty: it
  // cannot be.
  std::string context{};
  std::string retry{};  // id of the retry that read it last; empty: none did
  // When it failed the first time, if that was before now; only in the header.
  std::int64_t first_failed_ms = 0;
};

std::string to_json(const DeadLetter& letter);
Result<DeadLetter> dead_letter_from_json(std::string_view json);

// What its task knows of a dead letter beside what stands in it.
struct DeadLetterPlace {
  std::string_view topic;  // that the message was read from, or, for a row of a file, the dead letters' own
  std::int32_t task = 0;   // number of the task: its partition
  std::int64_t failed_ms = 0;  // now
};

// The headers of a dead letter's message; the strings live in `storage`.
struct DeadLetterHeaders {
  DeadLetterHeaders() = default;
  DeadLetterHeaders(DeadLetterHeaders&&) = default;
  DeadLetterHeaders& operator=(DeadLetterHeaders&&) = default;
  DeadLetterHeaders(const DeadLetterHeaders&) = delete;  // its views would be the other's
  DeadLetterHeaders& operator=(const DeadLetterHeaders&) = delete;

  std::vector<std::string> storage;
  std::vector<Header> headers;
};
DeadLetterHeaders headers_of(const DeadLetter& letter, const DeadLetterPlace& place);

}  // namespace sluice
