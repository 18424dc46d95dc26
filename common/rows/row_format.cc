#include "common/rows/row_format.h"

#include "common/rows/csv_format.h"
#include "common/rows/json_format.h"
#include "common/rows/xml_format.h"

namespace sluice {

std::unique_ptr<RowFormat> row_format(std::shared_ptr<const Dataset> dataset) {
  switch (dataset->format) {
    case FileFormat::kNdjson: return ndjson_row_format(std::move(dataset));
    case FileFormat::kJson: return json_row_format(std::move(dataset));
    case FileFormat::kXml: return xml_row_format(std::move(dataset));
    default: return csv_row_format(std::move(dataset));
  }
}

}  // namespace sluice
