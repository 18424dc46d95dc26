#include "common/model/file_events.h"

#include <array>

#include "common/model/json_read.h"
#include "common/model/origin.h"

namespace sluice {
namespace {

using model_json::ObjectWriter;
using model_json::read_number;

constexpr std::array<std::pair<FileState, std::string_view>, 6> kStates = {{
    {FileState::kFound, "found"},
    {FileState::kWaiting, "waiting"},
    {FileState::kReading, "reading"},
    {FileState::kDone, "done"},
    {FileState::kDuplicate, "duplicate"},
    {FileState::kFailed, "failed"},
}};

void write_file(ObjectWriter& out, const Announcement& a) {
  out.text("id", a.id)
      .text("name", a.name)
      .text("path", a.path)
      .text("dataset", a.dataset)
      .text("source", a.source)
      .text("sha256", a.sha256)
      .number("bytes", a.bytes)
      .number("content_bytes", a.content_bytes)
      .text("path_values", a.path_values)
      .signed_number("mtime_ns", a.mtime_ns)
      .number("inode", a.inode)
      .text("version", a.version)
      .raw("found_at", model_json::instant_or_null(a.found_ms));
  if (a.refused) out.boolean("refused", true);
  if (!a.inside) return;
  out.text("archive", a.inside->archive)
      .number("entry", a.inside->entry)
      .text("entry_path", a.inside->path)
      .number("archive_bytes", a.inside->bytes);
}

std::string json_of(const std::vector<ArchivedFile>& entries) {
  std::string out = "[";
  for (const ArchivedFile& e : entries) {
    if (out.size() > 1) out += ',';
    ObjectWriter one;
    out += one.number("entry", e.entry)
               .text("path", e.path)
               .text("dataset", e.dataset)
               .text("sha256", e.sha256)
               .number("bytes", e.bytes)
               .text("path_values", e.path_values)
               .text_or_null("error", e.error)
               .finish();
  }
  return out + "]";
}

Announcement read_file(const nlohmann::json& j) {
  Announcement a;
  a.id = j.at("id");
  a.name = j.at("name");
  a.path = j.at("path");
  a.dataset = j.at("dataset");
  a.source = j.at("source");
  a.sha256 = j.at("sha256");
  read_number(j, "bytes", a.bytes);
  // Entries of earlier versions come without.
  if (j.contains("content_bytes")) read_number(j, "content_bytes", a.content_bytes);
  a.path_values = j.value("path_values", "");
  read_number(j, "mtime_ns", a.mtime_ns);
  read_number(j, "inode", a.inode);
  a.version = j.value("version", "");  // entries of folders' files may come without
  a.found_ms = model_json::unix_ms_of(j.at("found_at"));
  a.refused = j.value("refused", false);
  if (j.contains("archive")) {
    InArchive& inside = a.inside.emplace();
    inside.archive = j.at("archive");
    read_number(j, "entry", inside.entry);
    inside.path = j.at("entry_path");
    read_number(j, "archive_bytes", inside.bytes);
  }
  return a;
}

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

ArchivedFile archived_file_of(const nlohmann::json& j) {
  return {j.at("entry"), j.at("path"),        j.at("dataset"),      j.at("sha256"),
          j.at("bytes"), j.at("path_values"), text_of(j.at("error"))};
}

}  // namespace

std::string_view to_string(FileState state) {
  for (const auto& [value, text] : kStates) {
    if (value == state) return text;
  }
  return "found";
}

std::optional<FileState> parse_file_state(std::string_view text) {
  for (const auto& [value, name] : kStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

Announcement announcement_of(const Announcement& archive, const ArchivedFile& entry) {
  Announcement out = archive;
  out.entries.clear();
  out.inside = InArchive{archive.id, entry.entry, entry.path, archive.bytes};
  out.path = archive.path + "/" + entry.path;
  out.name = archive.name + "/" + entry.path;
  out.dataset = entry.dataset;
  out.sha256 = entry.sha256;
  out.bytes = entry.bytes;
  out.content_bytes = 0;
  out.path_values = entry.path_values;
  out.error = entry.error;
  out.id = file_id(place_of(archive.id), entry.sha256, entry.entry);
  return out;
}

Announcement archive_of(const Announcement& file) {
  Announcement out = file;
  const InArchive& inside = file.inside.value();
  out.id = inside.archive;
  out.bytes = inside.bytes;
  out.path.resize(out.path.size() - inside.path.size() - 1);
  out.name.resize(out.name.size() - inside.path.size() - 1);
  out.inside.reset();
  return out;
}

std::string to_json(const Announcement& a) {
  ObjectWriter out;
  write_file(out, a);
  if (!a.entries.empty()) out.raw("entries", json_of(a.entries));
  return out.text_or_null("error", a.error).finish();
}

std::string to_json(const FileEntry& e) {
  ObjectWriter out;
  write_file(out, e.file);
  if (e.entries > 0) {
    out.number("entries", e.entries)
        .number("entries_settled", e.entries_settled)
        .number("entries_failed", e.entries_failed)
        .number("entries_duplicate", e.entries_duplicate)
        .text("failures", e.failures);
  }
  if (e.watermark_ms != 0) out.raw("watermark", model_json::instant_or_null(e.watermark_ms));
  return out.text("state", to_string(e.state))
      .number("rows", e.rows)
      .number("records", e.records)
      .number("dead_letters", e.dead_letters())
      .number("duplicates", e.duplicates)
      .number("corrections", e.corrections)
      .number("late", e.late)
      .raw("event_time_max", model_json::instant_or_null(e.event_max_ms))
      .number("published", e.published)
      .number("rejected", e.rejected)
      .number("poisoned", e.poisoned)
      .text_or_null("duplicate_of", e.duplicate_of)
      .text_or_null("error", e.error)
      .text_or_null("announced_error", e.file.error)
      .number("next_byte", e.next_byte)
      .number("next_line", e.next_line)
      .boolean("fully_read", e.fully_read)
      .raw("started_at", model_json::instant_or_null(e.started_ms))
      .raw("finished_at", model_json::instant_or_null(e.finished_ms))
      .finish();
}

std::string to_json(const FileCounts& c) {
  ObjectWriter out;
  if (c.entries_settled > 0) {
    out.number("entries_settled", c.entries_settled)
        .number("entries_failed", c.entries_failed)
        .number("entries_duplicate", c.entries_duplicate)
        .text("failure", c.failure);
  }
  return out.text("file", c.file)
      .text("task", c.task)
      .number("transaction", c.transaction)
      .number("records", c.records)
      .number("corrections", c.corrections)
      .number("duplicates", c.duplicates)
      .number("poisoned", c.poisoned)
      .number("late", c.late)
      .raw("event_time_max", model_json::instant_or_null(c.event_max_ms))
      .finish();
}

Result<Announcement> announcement_from_json(std::string_view json) {
  return model_json::read_object<Announcement>(json, "an announcement",
                                               [](const nlohmann::json& j) {
                                                 Announcement a = read_file(j);
                                                 a.error = text_of(j.at("error"));
                                                 if (!j.contains("entries")) return a;
                                                 for (const auto& entry : j.at("entries")) {
                                                   a.entries.push_back(archived_file_of(entry));
                                                 }
                                                 return a;
                                               });
}

Result<FileEntry> file_entry_from_json(std::string_view json) {
  return model_json::read_object<FileEntry>(
      json, "a ledger entry", [](const nlohmann::json& j) -> Result<FileEntry> {
        FileEntry e;
        e.file = read_file(j);
        e.file.error = text_of(j.at("announced_error"));
        const auto state = parse_file_state(j.at("state").get_ref<const std::string&>());
        if (!state) return fail("a ledger entry has the unknown state " + j.at("state").dump());
        e.state = *state;
        e.duplicate_of = text_of(j.at("duplicate_of"));
        e.error = text_of(j.at("error"));
        read_number(j, "next_byte", e.next_byte);
        read_number(j, "next_line", e.next_line);
        e.fully_read = j.at("fully_read");
        read_number(j, "rows", e.rows);
        read_number(j, "published", e.published);
        read_number(j, "rejected", e.rejected);
        read_number(j, "poisoned", e.poisoned);
        read_number(j, "records", e.records);
        read_number(j, "corrections", e.corrections);
        read_number(j, "duplicates", e.duplicates);
        read_number(j, "late", e.late);
        // Entries of earlier versions come without.
        if (j.contains("event_time_max")) e.event_max_ms = model_json::unix_ms_of(j.at("event_time_max"));
        if (j.contains("watermark")) e.watermark_ms = model_json::unix_ms_of(j.at("watermark"));
        if (j.contains("entries")) {
          read_number(j, "entries", e.entries);
          read_number(j, "entries_settled", e.entries_settled);
          read_number(j, "entries_failed", e.entries_failed);
          read_number(j, "entries_duplicate", e.entries_duplicate);
          e.failures = j.at("failures");
        }
        e.started_ms = model_json::unix_ms_of(j.at("started_at"));
        e.finished_ms = model_json::unix_ms_of(j.at("finished_at"));
        return e;
      });
}

Result<FileCounts> file_counts_from_json(std::string_view json) {
  return model_json::read_object<FileCounts>(json, "file counts", [](const nlohmann::json& j) {
    FileCounts c;
    c.file = j.at("file");
    c.task = j.at("task");
    read_number(j, "transaction", c.transaction);
    read_number(j, "records", c.records);
    read_number(j, "corrections", c.corrections);
    read_number(j, "duplicates", c.duplicates);
    read_number(j, "poisoned", c.poisoned);
    read_number(j, "late", c.late);
    // Counts of earlier versions come without.
    if (j.contains("entries_settled")) {
      read_number(j, "entries_settled", c.entries_settled);
      read_number(j, "entries_failed", c.entries_failed);
      read_number(j, "entries_duplicate", c.entries_duplicate);
    }
    if (j.contains("event_time_max")) c.event_max_ms = model_json::unix_ms_of(j.at("event_time_max"));
    c.failure = j.value("failure", "");
    return c;
  });
}

}  // namespace sluice
