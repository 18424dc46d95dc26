#include "common/model/json_read.h"

#include "common/base/calendar.h"
#include "common/base/json_text.h"

namespace sluice::model_json {
namespace {

// The length of the valid UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t sequence(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char c = at(0);
  if (c < 0x80) return 1;
  const std::size_t size = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
  if (c < 0xc2 || c > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if ((c == 0xe0 && at(1) < 0xa0) || (c == 0xed && at(1) > 0x9f)) return 0;
  if ((c == 0xf0 && at(1) < 0x90) || (c == 0xf4 && at(1) > 0x8f)) return 0;
  return size;
}

}  // namespace

std::string instant_or_null(std::int64_t unix_ms) {
  if (unix_ms == 0) return "null";
  return "\"" + to_string(Instant{unix_ms * 1000}) + "\"";
}

std::int64_t unix_ms_of(const nlohmann::json& value) {
  if (!value.is_string()) return 0;
  const auto instant = parse_iso_instant(value.get_ref<const std::string&>());
  return instant ? instant->micros / 1000 : 0;
}

std::string utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = sequence(text);
    out.append(size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

void ObjectWriter::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  append_json_string(out_, name);
  out_ += ':';
}

ObjectWriter& ObjectWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, utf8(value));
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
