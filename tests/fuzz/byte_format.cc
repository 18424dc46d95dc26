// The byte format of internal topics and local state, and what is written in it: cells, records' states,
// frames of deltas, the sums in them. Whatever the bytes, a decoder gives a value or says no, and what it gives
// is written again as the same value.

#include "common/base/bytes.h"
#include "common/definition/definition_parser.h"
#include "common/model/delta_frame.h"
#include "services/transform/core/aggregates.h"
#include "services/transform/core/cell_bytes.h"
#include "services/transform/core/delta_chain.h"
#include "services/transform/core/ordered_bytes.h"
#include "services/transform/core/record_state.h"
#include "services/transform/core/row_json.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;
using namespace sluice::transform;

namespace {

// One of every kind of aggregate.
const Dataset& dataset() {
  static const Dataset made = parse_definition(
      "dataset: d\nsource: { files: d.csv }\nformat: csv\nkey: id\nevent_time: t\nfields:\n"
      "  id: { type: string, required: true }\n  n: { type: integer, required: true }\n  a: { type: decimal }\n"
      "  t: { type: date, required: true, formats: [\"%Y-%m-%d\"] }\n"
      "reports:\n  r:\n    group_by: [id, n]\n    window: { tumbling: month, name: month }\n"
      "    measures: { c: count, s: sum(n), x: sum(a), d: distinct(id), lo: min(a), f: first(id by t) }\n"
      "    sinks: { postgres: {} }\n",
      "d.yaml").value();
  return made;
}

void check_numbers(std::string_view bytes) {
  for (int kind = 0; kind < 6; ++kind) {
    ByteCursor reader(bytes);
    std::string again;
    ByteWriter writer(again);
    switch (kind) {
      case 0: writer.varint(reader.varint()); break;
      case 1: writer.signed_varint(reader.signed_varint()); break;
      case 2: writer.signed_wide(reader.signed_wide()); break;
      case 3: writer.string(reader.string()); break;
      case 4: writer.decimal(reader.decimal()); break;
      default: writer.u8(reader.u8()); break;
    }
    LAW("a decoder reads nothing beyond its input", reader.rest().size() <= bytes.size());
    LAW("input that was refused is not read on", reader.ok() || reader.at_end());
    if (!reader.ok()) continue;
    // Longer forms of a number are read, and written as the shortest.
    LAW("what is written is no longer than what was read", again.size() <= bytes.size() - reader.rest().size());
    ByteCursor second(again);
    std::string third;
    ByteWriter rewriter(third);
    switch (kind) {
      case 0: rewriter.varint(second.varint()); break;
      case 1: rewriter.signed_varint(second.signed_varint()); break;
      case 2: rewriter.signed_wide(second.signed_wide()); break;
      case 3: rewriter.string(second.string()); break;
      case 4: rewriter.decimal(second.decimal()); break;
      default: rewriter.u8(second.u8()); break;
    }
    LAW("what is written reads back whole", second.ok() && second.at_end() && third == again);
  }
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_cells(std::string_view bytes) {
  ByteCursor reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    const Cell cell = read_cell(reader);
    if (!reader.ok()) {
      LAW("a cell that was refused is null", is_null(cell));
      return;
    }
    if (const auto* text = std::get_if<std::string_view>(&cell)) LAW("a text lies in its message", inside(*text, bytes));
    if (const auto* date = std::get_if<Date>(&cell)) LAW("a date can be printed", parse_iso_date(to_string(*date)) == *date);
    if (const auto* at = std::get_if<Instant>(&cell)) LAW("an instant can be printed", parse_iso_instant(to_string(*at)) == *at);
    if (const auto* number = std::get_if<Decimal>(&cell)) LAW("a decimal can be printed", parse_decimal(to_string(*number)) == *number);
    std::string once, twice, ordered;
    append_cell(once, cell);
    ByteCursor again(once);
    append_cell(twice, read_cell(again));
    LAW("a cell that is written reads back", again.ok() && again.at_end() && once == twice);
    append_ordered(ordered, cell);
    LAW("a cell has sorted bytes", !ordered.empty());
  }
}

void check_frame(std::string_view bytes) {
  const auto frame = read_frame(bytes);
  if (!frame) {
    LAW("a refusal says why", !frame.error().message.empty());
    return;
  }
  FrameWriter writer;
  for (const Delta& delta : frame->deltas) {
    LAW("a delta lies in its message",
        inside(delta.report, bytes) && inside(delta.group, bytes) && inside(delta.payload, bytes));
    writer.add(delta);
  }
  // A frame of many is one of one when it is written alone.
  const auto written = writer.finish(frame->head);
  LAW("a frame is written as one", written.size() == 1);
  const auto again = read_frame(written.front());
  LAW("a frame that is written reads back", again && again->deltas.size() == frame->deltas.size());
  LAW("its head is the same", again->head.task == frame->head.task &&
                                  again->head.transaction == frame->head.transaction &&
                                  again->head.input_from == frame->head.input_from &&
                                  again->head.input_to == frame->head.input_to);
  for (std::size_t i = 0; i < frame->deltas.size(); ++i) {
    const Delta &a = frame->deltas[i], &b = again->deltas[i];
    LAW("its deltas are the same", a.kind == b.kind && a.report == b.report && a.family == b.family &&
                                       a.group == b.group && a.weight == b.weight && a.payload == b.payload);
  }
}

void check_states(std::string_view bytes) {
  if (const auto state = decode_record_state(bytes)) {
    LAW("a projection lies in its state", inside(state->projection, bytes));
    const std::string again = encode(*state);
    LAW("a record's state that is written reads back", decode_record_state(again) == state);
  }
  if (const auto applied = decode_applied(bytes)) {
    const auto again = decode_applied(encode(*applied));
    LAW("a chain's position reads back",
        again && again->transaction == applied->transaction && again->input_to == applied->input_to);
  }
  if (const auto entry = decode_entry(bytes)) {
    const auto again = encode(*entry);
    const auto read = decode_entry(again);
    LAW("a value of a multiset reads back", read && read->aggregate == entry->aggregate &&
                                                read->order == entry->order && read->value == entry->value);
  }
}

void check_aggregates(std::string_view bytes) {
  const ReportSpec& report = dataset().reports.front();
  for (const FamilySpec& family : report.families) {
    static const auto same_place = [](std::size_t column) { return column; };
    const Aggregates aggregates(report.name, family, same_place);
    if (const auto change = aggregates.decode_change(bytes)) {
      std::string again;
      aggregates.encode_change(*change, again);
      const auto read = aggregates.decode_change(again);
      std::string third;
      LAW("sums that are written read back", read.has_value());
      aggregates.encode_change(*read, third);
      LAW("sums have one form", third == again);
    }
    if (const auto state = aggregates.decode_state(bytes)) {
      std::string again, third;
      aggregates.encode_state(*state, again);
      const auto read = aggregates.decode_state(again);
      LAW("a group's state that is written reads back", read.has_value());
      aggregates.encode_state(*read, third);
      LAW("a group's state has one form", third == again);
      for (std::size_t i = 0; i < aggregates.size(); ++i) aggregates.shown(*state, i);
    }
  }
  if (const auto group = read_group(report, bytes)) {
    std::string key;
    for (const Cell& cell : *group) append_cell(key, cell);
    LAW("a group's key that is written reads back", read_group(report, key).has_value());
  }
}

}  // namespace

// What the bytes are, then the bytes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  switch (choices.below(5)) {
    case 0: check_numbers(choices.rest()); break;
    case 1: check_cells(choices.rest()); break;
    case 2: check_frame(choices.rest()); break;
    case 3: check_states(choices.rest()); break;
    default: check_aggregates(choices.rest()); break;
  }
  return 0;
}
