// What a CSV file begins with: lines that are skipped, Excel's `sep=`, blank lines, the header.
#include "common/rows/csv_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"
#include "common/rows/row_reader.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::shared_ptr<const Dataset> dataset(const std::string& options) {
  auto parsed = parse_definition("dataset: d\nsource: { files: d.csv }\nformat: { csv: { " + options +
                                     " } }\nkey: id\nrecords: { postgres: {} }\n"
                                     "fields:\n  id: { type: string, required: true }\n  n: { type: integer }\n",
                                 "d.yaml");
  EXPECT_TRUE(parsed) << to_string(parsed.error().front());
  return std::make_shared<const Dataset>(*std::move(parsed));
}

// "line:value" of each record; "line!reason" of another row; the reason alone where the file is refused.
std::vector<std::string> read(const std::string& text, const std::string& options = "") {
  const auto chosen = dataset(options);
  const auto format = row_format(chosen);
  const auto opening = format->open(text, true);
  if (!opening) return {opening.error().message};
  auto reader = RowReader::for_file(chosen, *format, (*opening)->header, {});
  if (!reader) return {reader.error().message};
  const auto rest = std::string_view(text).substr((*opening)->consumed);
  SplitResult split;
  format->split(rest, true, (*opening)->next_line, 0, split);
  std::vector<std::string> out;
  RowRecord record;
  RowRejection rejection;
  for (const RawRow& row : split.rows) {
    const bool good = reader->read(rest.substr(row.begin, row.end - row.begin), record, rejection);
    out.push_back(std::to_string(row.line) + (good ? ":" + record.value : "!" + rejection.reason));
  }
  return out;
}

constexpr const char* kA = R"({"id":"a","n":1})";

TEST(CsvFormat, LinesAboveTheHeaderAreSkippedAndCounted) {
  const std::string a = kA;
  EXPECT_THAT(read("Sales report\n2024-01-31\n\nid,n\na,1\n", "skip_lines: 3"), ElementsAre("5:" + a));
  EXPECT_THAT(read("Sales report\r\n\r\nid;n\r\na;1\r\n", "skip_lines: 2"), ElementsAre("4:" + a));
  EXPECT_THAT(read("Sales report\r\rid;n\ra;1\r", "skip_lines: 2"), ElementsAre("4:" + a));
  EXPECT_THAT(read("\xef\xbb\xbfTitle\nid,n\na,1", "skip_lines: 1"), ElementsAre("3:" + a));
}

TEST(CsvFormat, AQuoteInALineThatIsSkippedOpensNothing) {
  EXPECT_THAT(read("The \"best\nof, \"2024\nid,n\na,1\n", "skip_lines: 2"), ElementsAre("4:" + std::string(kA)));
}

TEST(CsvFormat, LinesAreSkippedAboveRowsWithoutAHeaderToo) {
  EXPECT_THAT(read("Sales report\na,1\n", "header: false, skip_lines: 1"), ElementsAre("2:" + std::string(kA)));
}

TEST(CsvFormat, AFileThatEndsAboveItsHeaderIsRefusedWithTheReason) {
  EXPECT_THAT(read("Sales report\n", "skip_lines: 3"),
              ElementsAre("The file has no header row behind the 3 lines that the definition skips."));
  EXPECT_THAT(read("\n\n"), ElementsAre("The file has no header row."));
  EXPECT_THAT(read(std::string(kMaxRowBytes + 1, 'x') + "\nid,n\n", "skip_lines: 1"),
              ElementsAre(HasSubstr("longer than 4 MiB")));
}

TEST(CsvFormat, BlankLinesAboveTheHeaderAreNoHeader) {
  EXPECT_THAT(read("\n\r\n\rid,n\na,1\n"), ElementsAre("5:" + std::string(kA)));
  EXPECT_THAT(read("Title\n\n\nid,n\na,1\n", "skip_lines: 1"), ElementsAre("5:" + std::string(kA)));
}

TEST(CsvFormat, ALineOfExcelsSaysTheDelimiter) {
  const std::string a = kA;
  EXPECT_THAT(read("sep=;\r\nid;n\r\na;1\r\n"), ElementsAre("3:" + a));
  EXPECT_THAT(read("\xef\xbb\xbfSEP=^\nid^n\na^1\n"), ElementsAre("3:" + a));
  EXPECT_THAT(read("\"sep=\t\"\nid\tn\na\t1\n"), ElementsAre("3:" + a));
  EXPECT_THAT(read("sep=;\na;1\n", "header: false"), ElementsAre("2:" + a));
  EXPECT_THAT(read("sep=;\nSales report\nid;n\na;1\n", "skip_lines: 2"), ElementsAre("4:" + a));
  EXPECT_THAT(read("sep=;\nid;n\na;1\n", "delimiter: \";\""), ElementsAre("3:" + a)) << "it says the same";
}

TEST(CsvFormat, ALineThatContradictsTheDefinitionIsNotPassedOver) {
  EXPECT_THAT(read("sep=;\nid|n\na|1\n", "delimiter: \"|\""), ElementsAre(HasSubstr("unknown \"sep=;\"")));
  EXPECT_THAT(read("id,n\nsep=;,1\n"), ElementsAre("2:{\"id\":\"sep=;\",\"n\":1}")) << "only the first line";
}

TEST(CsvFormat, ABeginningOpensAsSoonAsItDecides) {
  const std::string text = "sep=;\r\n\r\nid;n\r\na;1\r\n";
  const auto whole = csv_row_format(dataset(""))->open(text, true);
  ASSERT_TRUE(whole && *whole);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto early = csv_row_format(dataset(""))->open(text.substr(0, size), false);
    ASSERT_TRUE(early) << size;
    ASSERT_EQ(early->has_value(), size >= (*whole)->consumed) << size;
    if (*early) {
      EXPECT_EQ((*early)->header, "id;n");
    }
  }
}

}  // namespace
}  // namespace sluice
