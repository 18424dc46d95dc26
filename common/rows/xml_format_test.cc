#include "common/rows/xml_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"
#include "common/rows/row_reader.h"
#include "common/rows/xml_splitter.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> xml_rows_of(std::string_view text, std::size_t piece = SIZE_MAX) {
  std::vector<std::string> rows;
  std::string buffer;
  std::uint64_t line = 1;
  bool ended = false;
  for (std::size_t at = 0; !ended;) {
    const std::size_t size = std::min(piece, text.size() - at);
    buffer += text.substr(at, size);
    at += size;
    ended = at == text.size();
    SplitResult out;
    split_xml(buffer, ended, line, "doc", 0, out);
    for (const RawRow& row : out.rows) {
      rows.push_back(std::to_string(row.line) + ":" + buffer.substr(row.begin, row.end - row.begin));
    }
    line = out.next_line;
    buffer.erase(0, out.consumed);
  }
  EXPECT_EQ(buffer, "");
  return rows;
}

TEST(XmlSplitter, EveryElementOfTheNameIsARow) {
  EXPECT_THAT(xml_rows_of("<feed>\n<doc>\n<a>1</a></doc><doc x='/>'/>\r\n<doc\n>2</doc >\r</feed>"),
              ElementsAre("2:<doc>\n<a>1</a></doc>", "3:<doc x='/>'/>", "4:<doc\n>2</doc >"));
}

TEST(XmlSplitter, OtherNamesCommentsAndCdataAreNoRows) {
  EXPECT_THAT(xml_rows_of("<docs><document/><!-- <doc>1</doc> -->\n<![CDATA[<doc>2</doc>]]><?doc <doc> ?><do></do></docs>"),
              ElementsAre());
  EXPECT_THAT(xml_rows_of("<doc><!-- </doc> --><![CDATA[</doc>]]><docs/></doc>"),
              ElementsAre("1:<doc><!-- </doc> --><![CDATA[</doc>]]><docs/></doc>"));
}

TEST(XmlSplitter, AnElementThatIsNotClosedCostsItselfOnly) {
  EXPECT_THAT(xml_rows_of("<doc>1\n<doc>2</doc>\n<doc>3"),
              ElementsAre("1:<doc>1\n", "2:<doc>2</doc>", "3:<doc>3"));
  EXPECT_THAT(xml_rows_of("<doc><!-- \n<doc>2</doc>"), ElementsAre("1:<doc><!-- \n", "2:<doc>2</doc>"));
}

TEST(XmlSplitter, AnElementWithoutEndIsNotReadForEver) {
  SplitResult out;
  const std::string text = "<doc>" + std::string(kMaxRowBytes + 10, 'x') + "<doc>2</doc>";
  split_xml(text, true, 1, "doc", 0, out);
  ASSERT_EQ(out.rows.size(), 2U);
  EXPECT_EQ(out.rows[0].end, kMaxRowBytes + 1);
  EXPECT_EQ(text.substr(out.rows[1].begin), "<doc>2</doc>");
}

TEST(XmlSplitter, RowsDoNotDependOnHowTheFileIsCutIntoBuffers) {
  constexpr std::string_view kText =
      "<feed>\r\n<!-- <doc> -->\r\n<doc a='>'>\r\n<![CDATA[</doc>]]>]]</doc ><doc/>\r\n\r\n<document>\n<doc>1<doc>2</doc>\n"
      "<?x <doc> ?><doc>3";
  for (const std::size_t piece : {1, 2, 3, 5, 7, 11}) EXPECT_EQ(xml_rows_of(kText, piece), xml_rows_of(kText)) << piece;
}

std::string root(std::string_view start) {
  const auto at = xml_root(start, true);
  return at ? std::string(start.substr(*at)) : at.error().message;
}

TEST(XmlRoot, IsFoundBehindTheProlog) {
  EXPECT_EQ(root("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <a> -->\n<!DOCTYPE feed SYSTEM 'x.dtd'>\n<feed>"), "<feed>");
  EXPECT_EQ(root("<feed/>"), "<feed/>");
  EXPECT_EQ(xml_root("<!-", false).value(), std::string_view::npos);
  EXPECT_EQ(xml_root("<!DOCTYPE feed", false).value(), std::string_view::npos);
}

TEST(XmlRoot, RefusesDeclarationsOfEntitiesAndWhatIsNoXml) {
  constexpr std::string_view kBomb =
      "<?xml version=\"1.0\"?><!DOCTYPE feed [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><feed><doc>&b;</doc></feed>";
  EXPECT_THAT(root(kBomb), HasSubstr("can make a small file a huge one"));
  EXPECT_THAT(root("a,b\n1,2\n"), HasSubstr("no XML"));
  EXPECT_THAT(root(""), HasSubstr("no root element"));
  EXPECT_THAT(root("<?xml version='1.0'?>"), HasSubstr("no root element"));
}

constexpr const char* kXmlDefinition = R"(dataset: pages
source: { files: "*.xml" }
format: { xml: { row: doc } }
key: url
fields:
  url:      { type: string, required: true }
  title:    { type: string, required: true }
  abstract: { type: string }
  id:       { type: integer, from: "@id" }
  anchor:   { type: string, from: links/sublink/anchor }
  anchors:  { type: string, from: "links/sublink/anchor[]" }
  kind:     { type: string, from: links/sublink/@linktype }
  links:    { type: integer, from: count(links/sublink) }
records: { postgres: {} }
)";

class XmlRows : public ::testing::Test {
 protected:
  std::string read(std::string_view row) {
    RowRecord record;
    RowRejection why;
    if (reader_.read(row, record, why)) return record.value;
    EXPECT_FALSE(why.reason.empty());
    return why.column + "/" + why.rule;
  }
  std::shared_ptr<const Dataset> dataset_ =
      std::make_shared<const Dataset>(parse_definition(kXmlDefinition, "pages.yaml").value());
  RowReader reader_ = RowReader::for_file(dataset_, *row_format(dataset_), "", {}).value();
};

TEST_F(XmlRows, TextsAttributesListsAndCounts) {
  EXPECT_EQ(read("<doc id='7'><title>Heat &#8211; &amp; <b>more</b></title>\n<url>u</url><abstract />"
                 "<links><sublink linktype=\"nav\"><anchor>A</anchor></sublink><sublink linktype='x'><anchor/></sublink>"
                 "<sublink><anchor><![CDATA[B<]]></anchor></sublink></links></doc>"),
            "{\"url\":\"u\",\"title\":\"Heat – & more\",\"abstract\":null,\"id\":7,\"anchor\":\"A\","
            "\"anchors\":\"A; B<\",\"kind\":\"nav\",\"links\":3}");
  EXPECT_EQ(read("<doc><url>u</url><title>t</title></doc>"),
            "{\"url\":\"u\",\"title\":\"t\",\"abstract\":null,\"id\":null,\"anchor\":null,\"anchors\":null,"
            "\"kind\":null,\"links\":0}");
}

TEST_F(XmlRows, RefuseWhatIsNotWellFormed) {
  for (const std::string_view row :
       {"<doc><url>u</url><title>t</title>", "<doc><url>u</title></doc>", "<doc><url>a & b</url></doc>", "<doc>&nbsp;</doc>",
        "<doc><url>u</url></doc><doc/>", "<doc a=1/>", "<doc>\x01</doc>", "<doc a='1' a='2'/>", "<doc>&#0;</doc>"}) {
    EXPECT_EQ(read(row), "/xml") << row;
  }
  EXPECT_EQ(read("<doc><url>\xff</url><title>t</title></doc>"), "/encoding");
  EXPECT_EQ(read("<doc><url>u</url></doc>"), "title/required");
}

TEST_F(XmlRows, DoNotRememberTheRowBefore) {
  EXPECT_EQ(read("<doc><url>u</url><title>t"), "/xml");
  EXPECT_THAT(read("<doc><title>t2</title><url>u2</url></doc>"), HasSubstr("\"url\":\"u2\",\"title\":\"t2\""));
}

}  // namespace
}  // namespace sluice
