// Messages of the topics that loader reads, as rows of its tables in COPY's text format. The first byte says which
// table; a line is the message's key, the rest its value.

#include <algorithm>

#include "common/definition/definition_parser.h"
#include "services/loader/core/message_reader.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::loader;

namespace {

const std::vector<Target>& targets() {
  static const std::vector<Target> made = [] {
    const Topics topics("sluice");
    const auto dataset = std::make_shared<const Dataset>(parse_definition(
        "dataset: d\nsource: { files: d.csv }\nformat: csv\nkey: [id, day]\nevent_time: day\nrecords: { postgres: {} }\n"
        "fields:\n  id: { type: string, required: true }\n  n: { type: integer }\n  m: { type: money }\n"
        "  day: { type: date, required: true, formats: [\"%Y-%m-%d\"] }\n"
        "  at: { type: timestamp, formats: [\"%Y-%m-%dT%H:%M:%S%z\"] }\n  ok: { type: boolean }\n"
        "reports:\n  r:\n    group_by: [id]\n    window: { tumbling: month, name: month }\n"
        "    measures: { c: count, s: sum(n), first_day: min(day), share: \"sum(n) / count\" }\n"
        "    sinks: { postgres: {} }\n",
        "d.yaml").value());
    std::vector<Target> all = targets_of(dataset, topics);
    all.push_back(files_target(topics, 2));
    return all;
  }();
  return made;
}

// COPY's own marks stand between columns and nowhere else.
void check_copy(const std::string& copy, std::size_t columns) {
  LAW("a row is one line", copy.find('\n') == std::string::npos && copy.find('\r') == std::string::npos);
  LAW("a row has its table's columns", static_cast<std::size_t>(std::ranges::count(copy, '\t')) + 1 == columns);
  LAW("Postgres takes no NUL", copy.find('\0') == std::string::npos);
  std::size_t escapes = 0;
  while (escapes < copy.size() && copy[copy.size() - 1 - escapes] == '\\') ++escapes;
  LAW("a row does not end inside an escape", escapes % 2 == 0);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const Target& target = targets()[choices.below(targets().size())];
  LogRecord message;
  message.key = choices.line();
  message.value = choices.rest();
  message.origin = "17-9f86d081884c:0:345";
  message.offset = 5;
  message.timestamp_ms = 1'483'288'496'000;
  const auto reader = message_reader(target);
  const auto row = reader->row(message);
  if (row) {
    check_copy(row->copy, target.table.columns.size());
    const auto again = reader->row(message);
    LAW("a message is the same row twice", again && again->copy == row->copy && again->version == row->version);
  } else {
    LAW("a refusal says why", !row.error().message.empty());
  }
  if (const auto key = reader->key(message.key)) LAW("a key is one line", key->find('\n') == std::string::npos);
  return 0;
}
