#include "common/model/retried_letter.h"

#include <nlohmann/json.hpp>

#include "common/base/calendar.h"
#include "common/base/json_text.h"
#include "common/model/json_read.h"
#include "common/model/origin.h"

namespace sluice {

std::string retried_letter_line(const DeadLetter& letter) {
  model_json::ObjectWriter out;
  return out.raw("context", letter.context)
             .text("failed_at", to_string(Instant{letter.first_failed_ms * 1000}))
             .text("file_name", letter.file_name)
             .text("id", letter.id)
             .text("row", letter.row)
             .finish() +
         "\n";
}

Result<DeadLetter> retried_letter_from_json(std::string_view line) {
  return model_json::read_object<DeadLetter>(line, "a dead letter to be retried", [](const nlohmann::json& json) -> Result<DeadLetter> {
    DeadLetter out;
    out.id = json.at("id");
    const auto origin = parse_origin(out.id);
    if (!origin) return fail("a dead letter to be retried is not of a file's row");
    out.file = std::string(file_id_of(out.id));
    out.entry = origin->entry;
    out.line = origin->line;
    out.file_name = json.at("file_name");
    out.row = json.at("row");
    out.context = json.at("context").dump();
    const auto failed = parse_iso_instant(json.at("failed_at").get_ref<const std::string&>());
    if (failed) out.first_failed_ms = failed->micros / 1000;
    return out;
  });
}

}  // namespace sluice
