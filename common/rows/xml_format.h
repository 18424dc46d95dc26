#pragma once
#include "common/rows/row_format.h"

namespace sluice {

// XML whose repeated element (Dataset::row_element) is a row. A field's `from:` is a path of names below
// it: `title`, `links/sublink`; `links/sublink/@linktype` or `@id` an attribute. The text is all that
// stands inside. Of several elements the first counts; `links/sublink[]` joins them by "; ",
// `count(links/sublink)` counts them.
std::unique_ptr<RowFormat> xml_row_format(std::shared_ptr<const Dataset> dataset);

}  // namespace sluice
