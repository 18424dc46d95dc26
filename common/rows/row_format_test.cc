// What holds for the beginning of a file in every format.
#include "common/rows/row_format.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

std::shared_ptr<Dataset> dataset(FileFormat format, bool header = true) {
  auto out = std::make_shared<Dataset>();
  out->format = format;
  out->csv.header = header;
  out->row_element = "row";
  return out;
}

TEST(RowFormat, AFileThatMayBeginWithAByteOrderMarkIsNotOpenedBeforeItIsSeen) {
  struct Case {
    std::shared_ptr<Dataset> dataset;
    std::string text;
  };
  for (const auto& [given, text] : {Case{dataset(FileFormat::kCsv), "a,b\n1,2\n"},
                                    Case{dataset(FileFormat::kCsv, false), "1,2\n"},
                                    Case{dataset(FileFormat::kNdjson), "{}\n"}, Case{dataset(FileFormat::kJson), "[{}]"},
                                    Case{dataset(FileFormat::kXml), "<rows><row/></rows>"}}) {
    const std::string marked = "\xef\xbb\xbf" + text;
    for (const std::size_t size : {0, 1, 2}) {
      const auto early = row_format(given)->open(marked.substr(0, size), false);
      ASSERT_TRUE(early) << text << size << early.error().message;
      EXPECT_FALSE(*early) << text << size;
    }
    const auto plain = row_format(given)->open(text, true), with_mark = row_format(given)->open(marked, true);
    ASSERT_TRUE(plain && *plain && with_mark && *with_mark) << text;
    EXPECT_EQ((*with_mark)->consumed, (*plain)->consumed + 3) << text;
    EXPECT_EQ((*with_mark)->header, (*plain)->header) << text;
  }
}

}  // namespace
}  // namespace sluice
