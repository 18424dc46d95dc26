#include "common/adapters/archive/workbook.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sluice::archive {
namespace {

// A zip's first file has its name at byte 30; OpenDocument says that it is called "mimetype" and stored as it is.
constexpr std::size_t kFirstName = 30;
constexpr std::string_view kSpreadsheet = "mimetypeapplication/vnd.oasis.opendocument.spreadsheet";

}  // namespace

std::string why_no_rows(std::string_view start) {
  if (start.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) {
    return "This is an Excel workbook (.xls), or an old file of another Office program; save the sheet as CSV.";
  }
  if (start.starts_with("PK\3\4") && start.size() > kFirstName &&
      start.substr(kFirstName).starts_with(kSpreadsheet)) {
    return "This is an OpenDocument spreadsheet; save the sheet as CSV.";
  }
  return {};
}

bool is_workbook_name(std::string_view name) {
  std::string small(name.substr(name.size() - std::min<std::size_t>(name.size(), 5)));
  for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::ranges::any_of(std::array{".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"},
                             [&](const char* end) { return small.ends_with(end); });
}

void WorkbookMarks::see(std::string_view path) {
  types_ = types_ || path == "[Content_Types].xml";
  book_ = book_ || path == "xl/workbook.xml" || path == "xl/workbook.bin";
}

}  // namespace sluice::archive
