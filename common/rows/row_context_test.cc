#include "common/rows/row_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string definition_with(const std::string& formats, const std::string& format = "csv") {
  return R"(dataset: things
source: { files: "things*", path_fields: "shop={shop}/" }
format: )" + format + R"(
key: id
fields:
  id:   { type: integer, required: true }
  day:  { type: date, required: true, formats: [)" + formats + R"(] }
  shop: { type: string, from: path.shop }
reports:
  by_day: { group_by: [day], measures: { n: count } }
)";
}

std::shared_ptr<const Dataset> things_with(const std::string& formats, const std::string& format = "csv") {
  auto parsed = parse_definition(definition_with(formats, format), "things.yaml");
  if (!parsed) throw std::runtime_error(to_string(parsed.error().front()));
  return std::make_shared<const Dataset>(*std::move(parsed));
}

// The context of the file that begins so.
std::string context_of_file(const std::shared_ptr<const Dataset>& of, std::string_view start) {
  const auto format = row_format(of);
  const auto opening = format->open(start, true);
  return to_json(context_of(*of, *format, (**opening).header, {"rome"}));
}

class ReadByContext : public ::testing::Test {
 protected:
  std::string read(ContextReader& reader, const std::string& context, std::string_view row) {
    RowRecord record;
    RowRejection rejection;
    return reader.read(context, row, record, rejection) ? record.value : rejection.rule + ": " + rejection.reason;
  }
};

TEST_F(ReadByContext, ARowIsReadAsItsFileIsWrittenByTheDefinitionAsItIsNow) {
  const std::string context = context_of_file(things_with("'%Y-%m-%d'"), "day;id\n");
  ContextReader before(things_with("'%Y-%m-%d'"));
  EXPECT_THAT(read(before, context, "31.12.2016;7"), HasSubstr("type.date: day \"31.12.2016\" is not a date"));
  ContextReader mended(things_with("'%Y-%m-%d', '%d.%m.%Y'"));
  EXPECT_EQ(read(mended, context, "31.12.2016;7"), R"({"id":7,"day":"2016-12-31","shop":"rome"})");
}

TEST_F(ReadByContext, RowsOfDifferentFilesEachByItsOwn) {
  const auto of = things_with("'%Y-%m-%d'");
  ContextReader reader(of);
  const std::string one = context_of_file(of, "day;id\n"), two = context_of_file(of, "id,day\n");
  EXPECT_EQ(read(reader, one, "2016-12-31;7"), R"({"id":7,"day":"2016-12-31","shop":"rome"})");
  EXPECT_EQ(read(reader, two, "8,2016-12-31"), R"({"id":8,"day":"2016-12-31","shop":"rome"})");
  EXPECT_EQ(read(reader, one, "2016-12-31;9"), R"({"id":9,"day":"2016-12-31","shop":"rome"})");
}

TEST_F(ReadByContext, AFileOfAnotherFormatThanTheDefinitionHasNow) {
  const std::string context = context_of_file(things_with("'%Y-%m-%d'", "ndjson"), "{}\n");
  ContextReader reader(things_with("'%Y-%m-%d'"));
  EXPECT_EQ(read(reader, context, R"({"id": 7, "day": "2016-12-31"})"), R"({"id":7,"day":"2016-12-31","shop":"rome"})");
}

TEST_F(ReadByContext, AHeaderThatDoesNotFitAnyMoreIsToldOfTheRow) {
  ContextReader reader(things_with("'%Y-%m-%d'"));
  RowContext other;
  other.header = "id,date";
  EXPECT_THAT(read(reader, to_json(other), "7,2016-12-31"), HasSubstr("context: the header does not fit"));
  EXPECT_THAT(read(reader, "{}", "7,2016-12-31"), HasSubstr("context: a row's context cannot be read"));
  EXPECT_THAT(read(reader, "no JSON", "7,2016-12-31"), HasSubstr("context: a row's context is no JSON object"));
}

TEST(RowContext, IsTheSameWhenItIsReadBack) {
  RowContext context;
  context.header = "a\t\"b\"";
  context.delimiter = '\t';
  context.quote = '\'';
  context.path = {{"shop", "rome"}, {"a", "b"}};
  const auto back = row_context_from_json(to_json(context));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back), to_json(context));
  EXPECT_EQ(back->header, context.header);
  EXPECT_EQ(back->delimiter, '\t');
  EXPECT_EQ(back->path, context.path);
}

TEST(RowContext, OfAHeaderTooLongOrNoTextIsNotKept) {
  RowContext context;
  context.header = std::string(kMaxKeptHeader + 1, 'x');
  EXPECT_EQ(to_json(context), "");
  context.header = "a\xff";
  EXPECT_EQ(to_json(context), "");
  context.header = "a";
  EXPECT_NE(to_json(context), "");
  context.path["shop"] = "\xff";
  EXPECT_EQ(to_json(context), "");
}

}  // namespace
}  // namespace sluice
