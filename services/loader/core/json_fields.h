#pragma once
// Reads a flat JSON object or array into texts as Postgres takes them. Numbers keep their own
// digits: nothing goes through a floating-point number. One thread uses one object.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/model/cell.h"

namespace sluice::loader {

struct JsonField {
  std::string name;
  ColumnType type = ColumnType::kString;
  bool may_be_null = false;
  bool may_be_missing = false;
};

// Whether Postgres can hold the text: UTF-8 without a zero byte.
bool is_storable(std::string_view text);

// nullopt is null. The views are valid until the next call.
using FieldTexts = std::vector<std::optional<std::string_view>>;

class JsonFields {
 public:
  explicit JsonFields(std::vector<JsonField> fields);
  ~JsonFields();

  // An object with these members, in any order, and no others. Fails with a sentence.
  Result<FieldTexts> object(std::string_view json);
  // An array of exactly these values, in order.
  Result<FieldTexts> array(std::string_view json);

 private:
  struct Parser;
  std::vector<JsonField> fields_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace sluice::loader
