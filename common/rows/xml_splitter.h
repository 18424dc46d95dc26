#pragma once
// Where the repeated elements of an XML file that are its rows begin and end. Comments, CDATA sections
// and processing instructions are passed over, so that what they hold is no row.
//
// A row element does not hold another of its name: where one begins inside another, the outer was never
// closed and is a row up to there. One that grows beyond kMaxRowBytes is cut there. What stands between
// rows is passed over.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/error.h"
#include "common/rows/raw_rows.h"

namespace sluice {

// As RowFormat::split (row_format.h) says.
void split_xml(std::string_view buffer, bool at_end, std::uint64_t first_line, std::string_view element,
               std::size_t max_bytes, SplitResult& out);

// Where the root element begins: behind the declaration, comments and the document type. npos: more
// bytes must be seen. Error: this is no XML, or its document type declares entities; they are the way
// to make a small file a huge one, and no data file needs them.
Result<std::size_t> xml_root(std::string_view start, bool at_end);

}  // namespace sluice
