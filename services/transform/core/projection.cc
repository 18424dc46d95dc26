#include "services/transform/core/projection.h"

#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {

Projection::Projection(const Dataset& dataset) : place_of_(dataset.columns.size(), kUnused) {
  std::vector<bool> used(dataset.columns.size(), false);
  for (const ReportSpec& report : dataset.reports) {
    for (const ReportColumn& column : report.columns) {
      if (column.kind == ReportColumnKind::kGroup) used.at(column.index) = true;
    }
    for (const MeasureSpec& measure : report.measures) {
      if (measure.kind != MeasureKind::kCount) used.at(measure.column) = true;
    }
    if (report.window && dataset.event_time) used.at(*dataset.event_time) = true;
  }
  for (std::size_t column = 0; column < used.size(); ++column) {
    if (!used[column]) continue;
    place_of_[column] = columns_.size();
    columns_.push_back(column);
  }
}

void Projection::encode(std::span<const Cell> cells, std::string& content,
                        std::string& projection) const {
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::size_t begin = content.size();
    append_cell(content, cells[column]);
    if (place_of_[column] != kUnused) projection.append(content, begin);
  }
}

bool Projection::decode(std::string_view projection, Columns& out) const {
  out.cells.clear();
  out.bytes.clear();
  ByteReader reader(projection);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view before = reader.rest();
    out.cells.push_back(read_cell(reader));
    out.bytes.push_back(before.substr(0, before.size() - reader.rest().size()));
  }
  return reader.ok() && reader.at_end();
}

}  // namespace sluice::transform
