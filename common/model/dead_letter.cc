#include "common/model/dead_letter.h"

#include <optional>
#include <utility>

#include "common/base/calendar.h"
#include "common/base/json_text.h"
#include "common/model/json_read.h"
#include "common/model/origin.h"

namespace sluice {
namespace {

using model_json::read_number;

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto& value = object.at(name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

struct PlaceOfMessage {
  std::string partition;
  std::string offset;
};

// The id of a message that is itself the dead letter says where it lies: "<topic>/<p>/<offset>".
std::optional<PlaceOfMessage> place_of_message(std::string_view id, std::string_view topic) {
  if (!id.starts_with(topic) || id.size() == topic.size() || id[topic.size()] != '/') return {};
  id.remove_prefix(topic.size() + 1);
  const std::size_t slash = id.find('/');
  if (slash == std::string_view::npos) return {};
  return PlaceOfMessage{std::string(id.substr(0, slash)), std::string(id.substr(slash + 1))};
}

constexpr std::size_t kMaxTracedReason = 500;

// Who buried it: the task's class, as Connect names the class of the stage that failed.
std::string_view class_of(const DeadLetter& d) {
  return d.stage == "ingest" ? "sluice::ingest::ShardTask" : "sluice::transform::Stage1Task";
}

// The way to the fault from the inside out, in the shape that viewers of Connect's dead letters fold: the
// column, the place of the row or message, the task.
std::string trace_of(const DeadLetter& d, const DeadLetterPlace& place) {
  std::string out = d.rule + ": " + valid_utf8(std::string_view(d.reason).substr(0, kMaxTracedReason));
  if (!d.column.empty()) out += "\n\tat column " + valid_utf8(d.column);
  out += "\n\tat " + d.id;
  if (!d.file_name.empty()) out += " (" + valid_utf8(d.file_name) + ":" + std::to_string(d.line) + ")";
  return out + "\n\tat " + std::string(class_of(d)) + " (task " + std::to_string(place.task) + ")";
}

}  // namespace

std::string to_json(const DeadLetter& d) {
  model_json::ObjectWriter out;
  return out.text("id", d.id)
      .text("dataset", d.dataset)
      .text_or_null("file", d.file)
      .text_or_null("file_name", d.file_name)
      .number("entry", d.entry)
      .number("line", d.line)
      .text_or_null("column", d.column)
      .text("rule", d.rule)
      .text("reason", d.reason)
      .text("row", d.row)
      .text("stage", d.stage)
      .raw("context", d.context.empty() ? "null" : d.context)
      .text_or_null("retry", d.retry)
      .finish();
}

Result<DeadLetter> dead_letter_from_json(std::string_view json) {
  return model_json::read_object<DeadLetter>(json, "a dead letter", [](const nlohmann::json& j) {
    DeadLetter d;
    d.id = j.at("id");
    d.dataset = j.at("dataset");
    d.file = text_of(j, "file");
    d.file_name = text_of(j, "file_name");
    read_number(j, "entry", d.entry);
    read_number(j, "line", d.line);
    d.column = text_of(j, "column");
    d.rule = j.at("rule");
    d.reason = j.at("reason");
    d.row = j.at("row");
    d.stage = j.at("stage");
    // Letters of earlier versions come without.
    if (const auto context = j.find("context"); context != j.end() && context->is_object()) d.context = context->dump();
    if (j.contains("retry")) d.retry = text_of(j, "retry");
    return d;
  });
}

DeadLetterHeaders headers_of(const DeadLetter& d, const DeadLetterPlace& place) {
  std::vector<std::pair<std::string_view, std::string>> all = {
      {"__connect.errors.topic", std::string(place.topic)},
      {"__connect.errors.connector.name", "sluice-" + d.stage},
      {"__connect.errors.task.id", std::to_string(place.task)},
      {"__connect.errors.stage", d.stage == "ingest" ? "VALUE_CONVERTER" : "TRANSFORMATION"},
      {"__connect.errors.class.name", std::string(class_of(d))},
      {"__connect.errors.exception.class.name", d.rule},
      {"__connect.errors.exception.message", valid_utf8(d.reason)},
      {"__connect.errors.exception.stacktrace", trace_of(d, place)},
      {"x-file-id", d.file},
      {"x-file-name", valid_utf8(d.file_name)},
      {"x-entry", std::to_string(d.entry)},
      {"x-line", std::to_string(d.line)},
      {"x-column", d.column},
      {"x-rule", d.rule},
      {"x-first-failed-at", to_string(Instant{(d.first_failed_ms != 0 ? d.first_failed_ms : place.failed_ms) * 1000})},
  };
  if (!d.retry.empty()) all.emplace_back(kRetryHeader, d.retry);
  if (const auto message = place_of_message(d.id, place.topic)) {
    all.emplace_back("__connect.errors.partition", message->partition);
    all.emplace_back("__connect.errors.offset", message->offset);
  }
  DeadLetterHeaders out;
  out.storage.reserve(all.size());
  out.headers.reserve(all.size());
  for (auto& [name, value] : all) {
    out.storage.push_back(std::move(value));
    out.headers.push_back({name, out.storage.back()});
  }
  return out;
}

}  // namespace sluice
