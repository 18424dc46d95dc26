#include "common/model/file_events.h"

#include <array>

#include "common/model/json_read.h"

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
  return a;
}

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
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

std::string to_json(const Announcement& a) {
  ObjectWriter out;
  write_file(out, a);
  return out.text_or_null("error", a.error).finish();
}

std::string to_json(const FileEntry& e) {
  ObjectWriter out;
  write_file(out, e.file);
  return out.text("state", to_string(e.state))
      .number("rows", e.rows)
      .number("records", e.records)
      .number("dead_letters", e.dead_letters())
      .number("duplicates", e.duplicates)
      .number("corrections", e.corrections)
      .number("late", e.late)
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
  return out.text("file", c.file)
      .text("task", c.task)
      .number("transaction", c.transaction)
      .number("records", c.records)
      .number("corrections", c.corrections)
      .number("duplicates", c.duplicates)
      .number("poisoned", c.poisoned)
      .number("late", c.late)
      .finish();
}

Result<Announcement> announcement_from_json(std::string_view json) {
  return model_json::read_object<Announcement>(json, "an announcement",
                                               [](const nlohmann::json& j) {
                                                 Announcement a = read_file(j);
                                                 a.error = text_of(j.at("error"));
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
    return c;
  });
}

}  // namespace sluice
