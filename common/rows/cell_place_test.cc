#include "common/rows/cell_place.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

RowContext of_csv(std::string header) {
  RowContext out;
  out.header = std::move(header);
  return out;
}

RowContext of_json() {
  RowContext out;
  out.format = FileFormat::kNdjson;
  return out;
}

RowContext of_xml() {
  RowContext out;
  out.format = FileFormat::kXml;
  return out;
}

// What a reader would see marked. The rows of these tests hold no character of more than one byte where it is used.
std::string marked(const RowContext& context, const std::string& row, const std::string& column) {
  const auto place = place_of_cell(context, row, column);
  return place ? row.substr(place->start, place->length) : "nothing";
}

TEST(PlaceOfCell, OfACsvRowIsTheColumnsCell) {
  EXPECT_EQ(marked(of_csv("id,day,price"), "7,2017-13-01,£3", "day"), "2017-13-01");
  EXPECT_EQ(marked(of_csv("id,day,price"), "7,2017-13-01,3", "price"), "3");
  EXPECT_EQ(marked(of_csv("id,day,price"), ",2017-13-01,3", "id"), "");
}

TEST(PlaceOfCell, TakesTheQuotesIn) {
  EXPECT_EQ(marked(of_csv("id,note,day"), R"(7,"a ""b"", c",x)", "note"), R"("a ""b"", c")");
  EXPECT_EQ(marked(of_csv("id,note,day"), R"(7,"a ""b"", c",x)", "day"), "x");
}

TEST(PlaceOfCell, CountsCharactersAndNotBytes) {
  EXPECT_EQ(place_of_cell(of_csv("name,day"), "Ärger €,so", "day"), (CellPlace{8, 2}));
  EXPECT_EQ(place_of_cell(of_csv("name,day"), "Ärger €,so", "name"), (CellPlace{0, 7}));
}

TEST(PlaceOfCell, OfAPathIsItsFirstNamesCell) {
  EXPECT_EQ(marked(of_csv("id,genres"), "7,[{'id': 1}]", "genres[].name"), "[{'id': 1}]");
}

TEST(PlaceOfCell, IsNothingWhereTheRowHasNoSuchCell) {
  EXPECT_EQ(marked(of_csv("id,day,price"), "7", "price"), "nothing");
  EXPECT_EQ(marked(of_csv("id,day,price"), R"(7,"broken,3)", "price"), "nothing");
  EXPECT_EQ(marked(of_csv("id,day"), "7,8", "weight"), "nothing");
  EXPECT_EQ(marked(of_csv("id,day"), "7,8", ""), "nothing");
  RowContext without_header;
  EXPECT_EQ(marked(without_header, "7,8", "day"), "nothing");
}

TEST(PlaceOfCell, OfAJsonRowIsTheValueOfTheMember) {
  const std::string row = R"({"id": 7, "user": {"day": "x,}"}, "day" : "so \" it", "n":[1,2] ,"last":true})";
  EXPECT_EQ(marked(of_json(), row, "id"), "7");
  EXPECT_EQ(marked(of_json(), row, "day"), R"("so \" it")");
  EXPECT_EQ(marked(of_json(), row, "user.day"), R"({"day": "x,}"})");
  EXPECT_EQ(marked(of_json(), row, "n"), "[1,2]");
  EXPECT_EQ(marked(of_json(), row, "last"), "true");
  EXPECT_EQ(marked(of_json(), row, "none"), "nothing");
  EXPECT_EQ(marked(of_json(), "no json at all", "id"), "nothing");
  EXPECT_EQ(marked(of_json(), R"({"id)", "id"), "nothing");
}

TEST(PlaceOfCell, OfAnXmlRowIsTheElementsText) {
  EXPECT_EQ(marked(of_xml(), "<doc><title lang='de'>Heat</title><titles/></doc>", "title"), "Heat");
  EXPECT_EQ(marked(of_xml(), "<doc><links><url>u</url></links></doc>", "links/url"), "u");
  EXPECT_EQ(marked(of_xml(), "<doc><url", "url"), "nothing");
}

}  // namespace
}  // namespace sluice
