#pragma once
// Spreadsheets, which are delivered for CSV now and then. An .xlsx is a zip, and as one it would be nine strange
// files; an .ods is one too; an .xls is no text. Pure.

#include <string>
#include <string_view>

namespace sluice::archive {

inline constexpr const char* kWorkbook = "This is an Excel workbook; save the sheet as CSV.";

// Why bytes that begin so hold no rows, a sentence for an .xls or .ods; empty for all others, also for an .xlsx,
// whose beginning does not show it. `start`: the first kPackingBytes, or all if there are fewer.
std::string why_no_rows(std::string_view start);

// Whether a file of this name is expected to be one: .xlsx, .xlsm, .xlsb, .xls, .ods, in any letters.
bool is_workbook_name(std::string_view name);

// Tells an .xlsx by the files in it, which may come in any order.
class WorkbookMarks {
 public:
  void see(std::string_view path);
  bool are_all_seen() const { return types_ && book_; }

 private:
  bool types_ = false, book_ = false;
};

}  // namespace sluice::archive
