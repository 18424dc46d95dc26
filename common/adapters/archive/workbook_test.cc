#include "common/adapters/archive/workbook.h"

#include <gmock/gmock.h>

#include "common/adapters/archive/packing.h"
#include "common/adapters/archive/test_packing.h"

namespace sluice::archive {
namespace {

using ::testing::HasSubstr;

const std::string kOle = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + std::string(504, '\0');

std::string ods() {
  return stored_zip({{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, {"content.xml", "<x/>"}});
}

TEST(WhyNoRows, KnowsXlsAndOdsByTheirFirstBytes) {
  EXPECT_THAT(why_no_rows(kOle), HasSubstr("Excel workbook"));
  EXPECT_THAT(why_no_rows(ods()), HasSubstr("OpenDocument spreadsheet"));
  EXPECT_EQ(why_no_rows(stored_zip({{"mimetype", "text/csv"}})), "");
  EXPECT_EQ(why_no_rows(""), "");
  EXPECT_EQ(why_no_rows("id,name\n"), "");
  EXPECT_EQ(why_no_rows("PK\3\4"), "");
}

TEST(WhyNoRows, IsWhyTheyAreNotRead) {
  for (const std::string& bytes : {kOle, ods()}) {
    const auto content = packed_as(std::make_unique<TextBytes>(bytes));
    ASSERT_FALSE(content.has_value());
    EXPECT_EQ(content.error().message, why_no_rows(bytes));
  }
}

TEST(WorkbookName, IsToldInAnyLetters) {
  for (const char* name : {"a.xlsx", "A.XLSX", "a.b.xlsm", "a.xls", "a.ods", "a.xlsb"}) {
    EXPECT_TRUE(is_workbook_name(name)) << name;
  }
  for (const char* name : {"a.csv", "xlsx", "xls", "a.xlsx.csv", ""}) EXPECT_FALSE(is_workbook_name(name)) << name;
}

TEST(WorkbookMarks, AreSeenInAnyOrderAndNeedBothFiles) {
  WorkbookMarks marks;
  for (const char* path : {"docProps/app.xml", "xl/workbook.xml", "xl/styles.xml"}) marks.see(path);
  EXPECT_FALSE(marks.are_all_seen());
  marks.see("[Content_Types].xml");
  EXPECT_TRUE(marks.are_all_seen());
}

}  // namespace
}  // namespace sluice::archive
