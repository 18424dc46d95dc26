#include "common/model/json_read.h"

#include "common/base/calendar.h"
#include "common/base/json_text.h"

namespace sluice::model_json {
std::string instant_or_null(std::int64_t unix_ms) {
  if (unix_ms == 0) return "null";
  return "\"" + to_string(Instant{unix_ms * 1000}) + "\"";
}

std::int64_t unix_ms_of(const nlohmann::json& value) {
  if (!value.is_string()) return 0;
  const auto instant = parse_iso_instant(value.get_ref<const std::string&>());
  return instant ? instant->micros / 1000 : 0;
}

void ObjectWriter::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, valid_utf8(value));
  return *this;
}
ObjectWriter& ObjectWriter::text_or_null(std::string_view name, std::string_view value) {
  return value.empty() ? raw(name, "null") : text(name, value);
}
ObjectWriter& ObjectWriter::number(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}
ObjectWriter& ObjectWriter::signed_number(std::string_view name, std::int64_t value) {
  return raw(name, std::to_string(value));
}
ObjectWriter& ObjectWriter::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}
ObjectWriter& ObjectWriter::raw(std::string_view name, std::string_view json) {
  key(name);
  out_ += json;
  return *this;
}
std::string ObjectWriter::finish() { return std::move(out_) + "}"; }

}  // namespace sluice::model_json
