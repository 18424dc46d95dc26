// The JSON messages between services: commit records, dead letters, files and their counts, origins. What is
// read from any bytes is written and read as the same; what is no message is refused with a reason.

#include "common/model/commit_record.h"
#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "common/model/origin.h"
#include "common/model/retried_letter.h"
#include "common/rows/cell_place.h"
#include "services/ingest/core/ledger.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

#include <nlohmann/json.hpp>

using namespace sluice;

namespace {

// Every number of the message that was read stands unchanged in what is written.
void check_numbers(std::string_view before, std::string_view after) {
  const auto a = nlohmann::json::parse(before), b = nlohmann::json::parse(after);
  for (const auto& [name, value] : b.items()) {
    if (!value.is_number() || !a.contains(name)) continue;
    LAW("a number is kept or refused, never cut", a.at(name) == value && a.at(name).is_number_integer());
  }
}

template <typename T>
void check(std::string_view json, Result<T> (*read)(std::string_view)) {
  const auto value = read(json);
  if (!value) {
    LAW("a refusal says why", !value.error().message.empty());
    return;
  }
  const std::string written = to_json(*value);
  const auto again = read(written);
  LAW("a message that is written reads back", again.has_value());
  LAW("it is the same message", to_json(*again) == written);
  check_numbers(json, written);
}

void check_origin(std::string_view text) {
  LAW("a file's id is part of its origin", text.starts_with(file_id_of(text)));
  const std::int32_t shard = shard_of(file_id_of(text), 7);
  LAW("a file has a shard", shard >= 0 && shard < 7);
  place_of(text);
  const auto origin = parse_origin(text);
  if (!origin) return;
  const std::string written = file_id(origin->place, origin->fingerprint, origin->entry) + ":" + std::to_string(origin->entry) + ":" +
                              std::to_string(origin->line);
  const auto again = parse_origin(written);
  LAW("an origin that is written reads back", again && again->place == origin->place &&
                                                  again->fingerprint == origin->fingerprint &&
                                                  again->entry == origin->entry && again->line == origin->line);
}

void check_retried(std::string_view line) {
  const auto letter = retried_letter_from_json(line);
  if (!letter) {
    LAW("a refusal says why", !letter.error().message.empty());
    return;
  }
  const std::string written = retried_letter_line(*letter);
  LAW("it is one line", written.find('\n') == written.size() - 1);
  const auto again = retried_letter_from_json(written);
  LAW("a letter that is written reads back", again && retried_letter_line(*again) == written);
}

// A context, a line end, a column, a line end, a row.
void check_context(std::string_view text) {
  const std::size_t first = std::min(text.find('\n'), text.size());
  const std::string_view rest = text.substr(std::min(first + 1, text.size()));
  const std::size_t second = std::min(rest.find('\n'), rest.size());
  const std::string_view row = rest.substr(std::min(second + 1, rest.size()));
  const auto context = row_context_from_json(text.substr(0, first));
  if (!context) {
    LAW("a refusal says why", !context.error().message.empty());
    return;
  }
  const std::string written = to_json(*context);
  if (!written.empty()) {
    const auto again = row_context_from_json(written);
    LAW("a context that is written reads back", again && to_json(*again) == written);
  }
  const auto place = place_of_cell(*context, row, rest.substr(0, second));
  LAW("a cell stands in its row", !place || place->start + place->length <= row.size());
}

}  // namespace

// Which message, then its bytes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t kind = choices.below(8);
  const std::string_view text = choices.rest();
  switch (kind) {
    case 0:
      // A newer format is refused by whoever goes on from it; only its head is read.
      if (const auto record = commit_record_from_json(text); record && record->format <= 1) {
        check(text, commit_record_from_json);
      }
      break;
    case 1:
      check(text, dead_letter_from_json);
      if (const auto letter = dead_letter_from_json(text)) {
        for (const Header& header : headers_of(*letter, {"topic", 0, 0}).headers) LAW("a header has a name", !header.name.empty());
      }
      break;
    case 2: check(text, announcement_from_json); break;
    case 3: check(text, file_entry_from_json); break;
    case 4: check(text, file_counts_from_json); break;
    case 5: check_origin(text); break;
    case 6: check_retried(text); break;
    default: check_context(text); break;
  }
  return 0;
}
