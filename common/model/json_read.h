#pragma once
// Reading the small JSON messages of this folder: what each reader would otherwise write again.
// Only for .cc files of common/model.

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/error.h"

namespace sluice::model_json {

// A message that is JSON, but not what it should be.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The member's value, a whole number that T holds. (What nlohmann converts to a number loses its fraction, and
// wraps where it is too large.)
template <std::integral T>
T whole_number(const nlohmann::json& value, std::string_view name) {
  if (value.is_number_unsigned()) {
    if (const auto number = value.get<std::uint64_t>(); std::in_range<T>(number)) return static_cast<T>(number);
  } else if (value.is_number_integer()) {
    if (const auto number = value.get<std::int64_t>(); std::in_range<T>(number)) return static_cast<T>(number);
  }
  throw Malformed("\"" + std::string(name) + "\" is " + value.dump() + ", no whole number that fits");
}
template <std::integral T>
void read_number(const nlohmann::json& object, const char* name, T& into) {
  into = whole_number<T>(object.at(name), name);
}

// Parses `json` as an object and hands it to `read`, which may throw Malformed, and nlohmann's exceptions for
// missing members and wrong types; all of them become one Error that begins with `what`.
template <typename T, typename Read>
Result<T> read_object(std::string_view json, std::string_view what, Read read) {
  try {
    const auto object = nlohmann::json::parse(json);
    if (!object.is_object()) return fail(std::string(what) + " is not a JSON object");
    return read(object);
  } catch (const nlohmann::json::exception& error) {
    return fail(std::string(what) + " cannot be read: " + error.what());
  } catch (const Malformed& error) {
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
