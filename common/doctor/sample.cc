#include "common/doctor/sample.h"

#include <algorithm>

#include "common/doctor/sample_builder.h"
#include "common/rows/json_space.h"
#include "common/rows/raw_rows.h"
#include "common/rows/value_tree.h"

namespace sluice::doctor {
namespace {

// One object a line, perhaps with a comma behind it.
bool is_object_a_line(std::string_view text) {
  std::string_view line = without_json_space(text.substr(0, text.find_first_of("\r\n")));
  if (line.ends_with(',')) line.remove_suffix(1);
  ValueTree tree;
  const auto root = tree.add_json(line);
  return root && tree[*root].kind == ValueKind::kObject;
}

FileFormat format_of(std::string_view text) {
  const std::string_view start = without_json_space(text);
  if (start.starts_with('<')) return FileFormat::kXml;
  if (start.starts_with('[')) return FileFormat::kJson;
  if (!start.starts_with('{')) return FileFormat::kCsv;
  return is_object_a_line(start) ? FileFormat::kNdjson : FileFormat::kJson;
}

}  // namespace

Result<Sample> take_sample(std::string_view text, bool at_end) {
  Sample out;
  out.format = format_of(text.substr(byte_order_mark(text)));
  const auto sampler = out.format == FileFormat::kCsv   ? sample_csv
                       : out.format == FileFormat::kXml ? sample_xml
                                                        : sample_json;
  if (auto done = sampler(text, at_end, out); !done) return tl::unexpected(done.error());
  if (out.rows == 0 || out.columns.empty()) {
    return fail("No definition takes the file, and no rows are found in it to make one of.");
  }
  return out;
}

}  // namespace sluice::doctor
