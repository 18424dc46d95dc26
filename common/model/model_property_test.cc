// Every message survives its own writing and reading, whatever the values; foreign bytes are
// refused or read, never worse.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/base/json_text.h"
#include "common/model/commit_record.h"
#include "common/model/dead_letter.h"
#include "common/model/delta_frame.h"
#include "common/model/file_events.h"
#include "common/model/origin.h"

namespace sluice {
namespace {

// Text of any bytes, as it stands after JSON made UTF-8 of it.
std::string text() { return valid_utf8(*rc::gen::arbitrary<std::string>()); }
std::uint64_t number() { return *rc::gen::arbitrary<std::uint64_t>(); }
// Instants of the years 1970 to 9999, in milliseconds; 0 is "none".
std::int64_t instant() { return *rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000); }

Announcement announcement() {
  Announcement a;
  a.id = text();
  a.source = text();
  a.version = text();
  a.path = text();
  a.name = text();
  a.dataset = text();
  a.sha256 = text();
  a.bytes = number();
  a.mtime_ns = *rc::gen::arbitrary<std::int64_t>();
  a.inode = number();
  a.error = text();
  a.found_ms = instant();
  if (*rc::gen::arbitrary<bool>()) {
    a.inside = InArchive{text(), *rc::gen::arbitrary<std::uint32_t>(), text(), number()};
  }
  return a;
}

void same(const Announcement& a, const Announcement& b) {
  RC_ASSERT(a.id == b.id);
  RC_ASSERT(a.source == b.source);
  RC_ASSERT(a.version == b.version);
  RC_ASSERT(a.path == b.path);
  RC_ASSERT(a.name == b.name);
  RC_ASSERT(a.dataset == b.dataset);
  RC_ASSERT(a.sha256 == b.sha256);
  RC_ASSERT(a.bytes == b.bytes);
  RC_ASSERT(a.mtime_ns == b.mtime_ns);
  RC_ASSERT(a.inode == b.inode);
  RC_ASSERT(a.error == b.error);
  RC_ASSERT(a.found_ms == b.found_ms);
  RC_ASSERT(a.inside.has_value() == b.inside.has_value());
  if (a.inside) {
    RC_ASSERT(a.inside->archive == b.inside->archive);
    RC_ASSERT(a.inside->entry == b.inside->entry);
    RC_ASSERT(a.inside->path == b.inside->path);
    RC_ASSERT(a.inside->bytes == b.inside->bytes);
  }
}

RC_GTEST_PROP(ModelProperty, AnAnnouncementIsReadAsWritten, ()) {
  Announcement written = announcement();
  const auto held = *rc::gen::inRange(0, 4);
  for (int i = 0; i < held; ++i) {
    written.entries.push_back({*rc::gen::arbitrary<std::uint32_t>(), text(), text(), text(), number(), text(), text()});
  }
  const auto read = announcement_from_json(to_json(written));
  RC_ASSERT(read.has_value());
  same(*read, written);
  RC_ASSERT(read->entries.size() == written.entries.size());
  for (std::size_t i = 0; i < written.entries.size(); ++i) {
    const ArchivedFile &a = read->entries[i], &b = written.entries[i];
    RC_ASSERT(a.entry == b.entry && a.path == b.path && a.dataset == b.dataset && a.sha256 == b.sha256);
    RC_ASSERT(a.bytes == b.bytes && a.path_values == b.path_values && a.error == b.error);
  }
}

RC_GTEST_PROP(ModelProperty, ALedgerEntryIsReadAsWritten, ()) {
  FileEntry w;
  w.file = announcement();
  w.state = static_cast<FileState>(*rc::gen::inRange(0, 6));
  w.duplicate_of = text();
  w.error = text();
  w.next_byte = number();
  w.next_line = number();
  w.fully_read = *rc::gen::arbitrary<bool>();
  for (std::uint64_t* count : {&w.rows, &w.published, &w.rejected, &w.records, &w.corrections,
                               &w.duplicates, &w.poisoned, &w.late}) {
    *count = number();
  }
  if (*rc::gen::arbitrary<bool>()) {
    w.entries = *rc::gen::inRange<std::uint64_t>(1, 10'000);
    for (std::uint64_t* count : {&w.entries_settled, &w.entries_failed, &w.entries_duplicate}) *count = number();
    w.failures = text();
  }
  w.started_ms = instant();
  w.finished_ms = instant();
  const auto read = file_entry_from_json(to_json(w));
  RC_ASSERT(read.has_value());
  same(read->file, w.file);
  RC_ASSERT(read->state == w.state);
  RC_ASSERT(read->duplicate_of == w.duplicate_of);
  RC_ASSERT(read->entries == w.entries && read->entries_settled == w.entries_settled);
  RC_ASSERT(read->entries_failed == w.entries_failed && read->entries_duplicate == w.entries_duplicate);
  RC_ASSERT(read->failures == w.failures);
  RC_ASSERT(read->error == w.error);
  RC_ASSERT(read->next_byte == w.next_byte);
  RC_ASSERT(read->next_line == w.next_line);
  RC_ASSERT(read->fully_read == w.fully_read);
  RC_ASSERT(read->started_ms == w.started_ms);
  RC_ASSERT(read->finished_ms == w.finished_ms);
  // The text holds every count, so equal texts are equal counts.
  RC_ASSERT(to_json(*read) == to_json(w));
  RC_ASSERT(read->rows == w.rows);
  RC_ASSERT(read->published == w.published);
  RC_ASSERT(read->dead_letters() == w.dead_letters());
}

RC_GTEST_PROP(ModelProperty, CountsAreReadAsWritten, ()) {
  const FileCounts w{text(), text(), number(), number(), number(), number(), number(), number()};
  const auto r = file_counts_from_json(to_json(w));
  RC_ASSERT(r.has_value());
  RC_ASSERT(r->file == w.file);
  RC_ASSERT(r->task == w.task);
  RC_ASSERT(r->transaction == w.transaction);
  RC_ASSERT(r->records == w.records);
  RC_ASSERT(r->corrections == w.corrections);
  RC_ASSERT(r->duplicates == w.duplicates);
  RC_ASSERT(r->poisoned == w.poisoned);
  RC_ASSERT(r->late == w.late);
}

RC_GTEST_PROP(ModelProperty, ADeadLetterIsReadAsWritten, (std::uint32_t entry)) {
  const DeadLetter w{text(), text(), text(), text(), entry, number(),
                     text(), text(), text(), text(), text(), R"({"format":"csv","path":{}})", text()};
  const auto r = dead_letter_from_json(to_json(w));
  RC_ASSERT(r.has_value());
  RC_ASSERT(r->id == w.id);
  RC_ASSERT(r->dataset == w.dataset);
  RC_ASSERT(r->file == w.file);
  RC_ASSERT(r->file_name == w.file_name);
  RC_ASSERT(r->entry == w.entry);
  RC_ASSERT(r->line == w.line);
  RC_ASSERT(r->column == w.column);
  RC_ASSERT(r->rule == w.rule);
  RC_ASSERT(r->reason == w.reason);
  RC_ASSERT(r->row == w.row);
  RC_ASSERT(r->context == w.context);
  RC_ASSERT(r->retry == w.retry);
  RC_ASSERT(r->stage == w.stage);
}

RC_GTEST_PROP(ModelProperty, ACommitRecordIsReadAsWritten,
              (const std::map<std::string, std::int64_t>& inputs, std::int32_t partitions)) {
  CommitRecord w;
  w.task = text();
  w.transaction = number();
  w.previous = number();
  for (const auto& [topic, offset] : inputs) w.inputs[valid_utf8(topic)] = offset;
  w.partitions = partitions;
  w.fingerprint = text();
  w.messages = number();
  const auto r = commit_record_from_json(to_json(w));
  RC_ASSERT(r.has_value());
  RC_ASSERT(r->format == w.format);
  RC_ASSERT(r->task == w.task);
  RC_ASSERT(r->transaction == w.transaction);
  RC_ASSERT(r->previous == w.previous);
  RC_ASSERT(r->inputs == w.inputs);
  RC_ASSERT(r->partitions == w.partitions);
  RC_ASSERT(r->fingerprint == w.fingerprint);
  RC_ASSERT(r->messages == w.messages);
}

RC_GTEST_PROP(ModelProperty, AnOriginIsReadAsWritten, (std::uint32_t entry)) {
  const std::uint64_t place = number(), line = number();
  const std::string hash =
      *rc::gen::container<std::string>(64, rc::gen::elementOf(std::string("0123456789abcdef")));
  const std::string id = file_id(place, hash);
  const std::string whole = id + ":" + std::to_string(entry) + ":" + std::to_string(line);
  const auto r = parse_origin(whole);
  RC_ASSERT(r.has_value());
  RC_ASSERT(r->place == place);
  RC_ASSERT(r->fingerprint == hash.substr(0, 12));
  RC_ASSERT(r->entry == entry);
  RC_ASSERT(r->line == line);
  RC_ASSERT(file_id_of(whole) == id);
}

struct Owned {
  std::string report, group, accumulators;
  std::int64_t rows;
};

RC_GTEST_PROP(ModelProperty, DeltasArriveWholeAndInOrderHoweverTheyAreCut, ()) {
  const auto size = *rc::gen::inRange<std::size_t>(0, 40);
  std::vector<Owned> written;
  FrameWriter writer;
  for (std::size_t i = 0; i < size; ++i) {
    const auto bytes = *rc::gen::oneOf(rc::gen::inRange<std::size_t>(0, 40),
                                       rc::gen::inRange<std::size_t>(0, 2 * kMaxFrameBytes));
    written.push_back({text(), *rc::gen::arbitrary<std::string>(), std::string(bytes, 'b'),
                       *rc::gen::arbitrary<std::int64_t>()});
    const Owned& d = written.back();
    writer.add({DeltaKind::kMember, d.report, 3, d.group, d.rows, d.accumulators});
  }
  FrameHead head;
  head.task = "task-" + std::to_string(*rc::gen::inRange(0, 1000));
  head.transaction = number();
  head.input_from = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000);
  head.input_to = head.input_from + *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const auto frames = writer.finish(head);
  RC_ASSERT(!frames.empty());
  std::size_t at = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const auto frame = read_frame(frames[i]);
    RC_ASSERT(frame.has_value());
    RC_ASSERT(frame->deltas.size() == 1U || frames[i].size() <= kMaxFrameBytes);
    RC_ASSERT(frame->head.task == head.task);
    RC_ASSERT(frame->head.transaction == head.transaction);
    RC_ASSERT(frame->head.input_from == head.input_from);
    RC_ASSERT(frame->head.input_to == head.input_to);
    RC_ASSERT(frame->head.index == i);
    RC_ASSERT(frame->head.count == frames.size());
    for (const Delta& d : frame->deltas) {
      const Owned& expected = written.at(at++);
      RC_ASSERT(d.report == expected.report);
      RC_ASSERT(d.group == expected.group);
      RC_ASSERT(d.weight == expected.rows);
      RC_ASSERT(d.payload == expected.accumulators);
    }
  }
  RC_ASSERT(at == written.size());
}

RC_GTEST_PROP(ModelProperty, ForeignBytesAreReadOrRefused, (const std::string& bytes)) {
  read_frame(bytes);
  read_frame("\x02" + bytes);
  parse_origin(bytes);
  announcement_from_json(bytes);
  file_entry_from_json(bytes);
  file_counts_from_json(bytes);
  dead_letter_from_json(bytes);
  commit_record_from_json(bytes);
}

}  // namespace
}  // namespace sluice
