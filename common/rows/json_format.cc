#include "common/rows/json_format.h"

#include <fmt/format.h>

#include "common/rows/byte_order_mark.h"
#include "common/rows/json_space.h"
#include "common/rows/json_splitter.h"
#include "common/rows/line_breaks.h"
#include "common/rows/line_splitter.h"
#include "common/rows/value_path.h"
#include "common/rows/value_tree.h"

namespace sluice {
namespace {

struct Place {
  std::string source;
  ValuePath path;
  std::string scratch;
};

class JsonCells final : public CellReader {
 public:
  JsonCells(std::vector<Place> places, bool lines) : places_(std::move(places)), lines_(lines) {}
  JsonCells(const JsonCells& other) : places_(other.places_), lines_(other.lines_) {}

  std::unique_ptr<CellReader> clone() const override { return std::make_unique<JsonCells>(*this); }

  bool read(std::string_view row, std::vector<SourceCell>& cells, RowRejection& rejection) override {
    tree_.clear();
    const auto root = tree_.add_json(lines_ ? object_of_line(row) : without_json_space(row));
    if (!root) return reject(rejection, "", "json", "the row is no JSON: " + root.error().message);
    if (tree_[*root].kind != ValueKind::kObject) {
      return reject(rejection, "", "json", "the row is JSON, but no object");
    }
    cells.resize(places_.size());
    for (std::size_t i = 0; i < places_.size(); ++i) {
      Place& place = places_[i];
      const auto found = place.path.find(tree_, *root, place.scratch);
      if (!found) {
        return reject(rejection, place.source, "json",
                      fmt::format("{} {}", place.source, found.error().message));
      }
      cells[i] = *found;
    }
    return true;
  }

 private:
  std::vector<Place> places_;
  bool lines_;
  ValueTree tree_;
};

class Json : public RowFormat {
 public:
  Json(std::shared_ptr<const Dataset> dataset, bool lines)
      : dataset_(std::move(dataset)), lines_(lines) {}

  Result<std::optional<Opening>> open(std::string_view start, bool at_end) override {
    if (may_be_byte_order_mark(start, at_end)) return std::optional<Opening>();
    Opening opening;
    opening.consumed = byte_order_mark(start);
    if (lines_) return std::optional(opening);
    // The array's bracket belongs to no row.
    std::size_t at = opening.consumed;
    while (at < start.size() && is_json_space(start[at])) ++at;
    if (at == start.size() && !at_end && at <= kMaxRowBytes) return std::optional<Opening>();
    if (at < start.size() && start[at] == '[') {
      opening = {at + 1, 1 + count_line_breaks(start.substr(0, at)), {}};
    }
    return std::optional(opening);
  }

  void split(std::string_view buffer, bool at_end, std::uint64_t first_line, std::size_t max_bytes,
             SplitResult& out) const override {
    if (lines_) {
      split_lines(buffer, at_end, first_line, max_bytes, out);
    } else {
      split_json(buffer, at_end, first_line, max_bytes, out);
    }
  }

  Result<std::unique_ptr<CellReader>> cell_reader(std::string_view) const override {
    std::vector<Place> places;
    for (const FieldSpec& field : dataset_->fields) {
      if (field.path_field) continue;
      auto path = ValuePath::parse(field.source, field.type == FieldType::kList);
      if (!path) return tl::unexpected(path.error());
      places.push_back({field.source, *std::move(path), {}});
    }
    return std::make_unique<JsonCells>(std::move(places), lines_);
  }

 private:
  std::shared_ptr<const Dataset> dataset_;
  bool lines_;
};

}  // namespace

std::unique_ptr<RowFormat> ndjson_row_format(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<Json>(std::move(dataset), true);
}

std::unique_ptr<RowFormat> json_row_format(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<Json>(std::move(dataset), false);
}

}  // namespace sluice
