#include "common/rows/xml_format.h"

#include "common/rows/line_breaks.h"
#include "common/rows/xml_cells.h"
#include "common/rows/xml_splitter.h"

namespace sluice {
namespace {

class Xml final : public RowFormat {
 public:
  explicit Xml(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  Result<std::optional<Opening>> open(std::string_view start, bool at_end) override {
    const auto root = xml_root(start, at_end);
    if (!root) return tl::unexpected(root.error());
    if (*root == std::string_view::npos) return std::optional<Opening>();
    return std::optional(Opening{*root, 1 + count_line_breaks(start.substr(0, *root)), {}});
  }
  void split(std::string_view buffer, bool at_end, std::uint64_t first_line, std::size_t max_bytes,
             SplitResult& out) const override {
    split_xml(buffer, at_end, first_line, dataset_->row_element, max_bytes, out);
  }
  Result<std::unique_ptr<CellReader>> cell_reader(std::string_view) const override {
    return xml_cell_reader(*dataset_);
  }

 private:
  std::shared_ptr<const Dataset> dataset_;
};

}  // namespace

std::unique_ptr<RowFormat> xml_row_format(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<Xml>(std::move(dataset));
}

}  // namespace sluice
