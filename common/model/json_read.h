#pragma once
// Reading the small JSON messages of this folder: what each reader would otherwise write again.
// Only for .cc files of common/model.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/base/error.h"

namespace sluice::model_json {

// Parses `json` as an object and hands it to `read`, which may throw nlohmann's exceptions for
// missing members and wrong types; all of them become one Error that begins with `what`.
template <typename T, typename Read>
Result<T> read_object(std::string_view json, std::string_view what, Read read) {
  try {
    const auto object = nlohmann::json::parse(json);
    if (!object.is_object()) return fail(std::string(what) + " is not a JSON object");
    return read(object);
  } catch (const nlohmann::json::exception& error) {
    return fail(std::string(what) + " cannot be read: " + error.what());
  }
}

// An ISO instant of milliseconds since the epoch, or null for 0.
std::string instant_or_null(std::int64_t unix_ms);
// Back; 0 for null. Throws nothing: a text that is no instant is 0.
std::int64_t unix_ms_of(const nlohmann::json& value);

// Builds {"name":value,…} in the order of the calls.
class ObjectWriter {
 public:
  ObjectWriter& text(std::string_view name, std::string_view value);
  ObjectWriter& text_or_null(std::string_view name, std::string_view value);  // empty is null
  ObjectWriter& number(std::string_view name, std::uint64_t value);
  ObjectWriter& signed_number(std::string_view name, std::int64_t value);
  ObjectWriter& boolean(std::string_view name, bool value);
  ObjectWriter& raw(std::string_view name, std::string_view json);
  std::string finish();

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

}  // namespace sluice::model_json
