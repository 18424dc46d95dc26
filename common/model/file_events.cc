#include "common/model/file_events.h"

#include <array>

#include "common/model/json_read.h"

namespace sluice {
namespace {

using model_json::ObjectWriter;

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
  a.bytes = j.at("bytes");
  a.content_bytes = j.value("content_bytes", std::uint64_t{0});  // entries of earlier versions come without
  a.path_values = j.value("path_values", "");
  a.mtime_ns = j.at("mtime_ns");
  a.inode = j.at("inode");
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
        e.next_byte = j.at("next_byte");
        e.next_line = j.at("next_line");
        e.fully_read = j.at("fully_read");
        e.rows = j.at("rows");
        e.published = j.at("published");
        e.rejected = j.at("rejected");
        e.poisoned = j.at("poisoned");
        e.records = j.at("records");
        e.corrections = j.at("corrections");
        e.duplicates = j.at("duplicates");
        e.late = j.at("late");
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
    c.transaction = j.at("transaction");
    c.records = j.at("records");
    c.corrections = j.at("corrections");
    c.duplicates = j.at("duplicates");
    c.poisoned = j.at("poisoned");
    c.late = j.at("late");
    return c;
  });
}

}  // namespace sluice
