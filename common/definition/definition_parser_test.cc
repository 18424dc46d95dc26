#include "common/definition/definition_parser.h"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kBookings = R"(dataset: bookings
source: { files: "bookings*.csv" }
format: csv
key: booking_id
event_time: date
fields:
  booking_id:    { type: string, required: true }
  restaurant_id: { type: string, required: true }
  amount:        { type: money, required: true, currency: currency }
  guests:        { type: integer, min: 0 }
  date:          { type: date, required: true, formats: ["%d/%m/%Y", "%d-%m-%Y"] }
  note:          { type: string, from: "Client note" }
reports:
  monthly:
    group_by: [restaurant_id]
    window: { tumbling: month, name: month, format: "%Y_%m" }
    measures: { bookings: count, guests: sum(guests), amount: sum(amount) }
    sinks: { postgres: {}, csv: { path: monthly.csv, order: [-amount, month] } }
)";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

std::vector<std::string> errors_of(const std::string& text) {
  std::vector<std::string> out;
  const auto parsed = parse_definition(text, "x.yaml");
  if (!parsed) {
    for (const DefinitionError& e : parsed.error()) out.push_back(to_string(e));
  }
  return out;
}

TEST(DefinitionParser, ReadsAWholeDefinition) {
  const auto parsed = parse_definition(kBookings, "x.yaml");
  ASSERT_TRUE(parsed.has_value()) << to_string(parsed.error().front());
  const Dataset& d = *parsed;
  EXPECT_EQ(d.name, "bookings");
  ASSERT_EQ(d.columns.size(), 7U);
  EXPECT_EQ(d.columns[2].name, "amount");
  EXPECT_TRUE(d.columns[2].is_amount);
  EXPECT_EQ(d.columns[3].name, "currency");
  EXPECT_THAT(d.key, ElementsAre(0));
  EXPECT_EQ(d.event_time, 5U);
  EXPECT_EQ(d.fields[5].source, "Client note");
  EXPECT_TRUE(d.fields[2].summed);
  EXPECT_FALSE(d.fields[0].summed);
  EXPECT_TRUE(takes_file(d, "bookings-2017.csv"));
  EXPECT_FALSE(takes_file(d, "orders.csv"));
}

TEST(DefinitionParser, PutsTheCurrencyBehindTheFirstSumOfItsAmountAndIntoTheKey) {
  const auto parsed = parse_definition(kBookings, "x.yaml");
  ASSERT_TRUE(parsed.has_value());
  std::vector<std::string> names, keys;
  for (const ReportColumn& c : parsed->reports[0].columns) {
    names.push_back(c.name);
    if (c.in_key) keys.push_back(c.name);
  }
  EXPECT_THAT(names, ElementsAre("restaurant_id", "month", "bookings", "guests", "amount", "currency"));
  EXPECT_THAT(keys, ElementsAre("restaurant_id", "month", "currency"));
  EXPECT_EQ(parsed->reports[0].columns[4].currency_at, 5U);
  EXPECT_EQ(parsed->reports[0].columns[2].type, ColumnType::kInteger) << "a count";
  EXPECT_EQ(parsed->reports[0].columns[3].type, ColumnType::kDecimal) << "a sum of integers";
  EXPECT_EQ(parsed->reports[0].csv->order[0].column, "amount");
  EXPECT_TRUE(parsed->reports[0].csv->order[0].descending);
}

TEST(DefinitionParser, AnExportHasItsPlaceItsDialectAndItsSchedule) {
  const auto parsed = parse_definition(
      replaced(kBookings, "postgres: {}",
               "export: { s3: { prefix: data/monthly }, every: 90m, "
               "current: { delimiter: \"|\", quote: \"'\", header: false, order: [-month] } }"),
      "x.yaml");
  ASSERT_TRUE(parsed) << to_string(parsed.error().front());
  const ExportSpec& made = *parsed->reports[0].exported;
  EXPECT_TRUE(made.to_s3);
  EXPECT_EQ(made.bucket, "") << "the installation's own";
  EXPECT_EQ(place_of(made), "s3:///data/monthly/");
  EXPECT_EQ(made.every_seconds, 90 * 60);
  EXPECT_TRUE(made.hist);
  EXPECT_EQ(made.current->path, "monthly.csv");
  EXPECT_EQ(made.current->delimiter, '|');
  EXPECT_EQ(made.current->quote, '\'');
  EXPECT_FALSE(made.current->header);
  EXPECT_TRUE(made.current->order.at(0).descending);
}

TEST(DefinitionParser, RefusesEachMistakeWithItsPlaceAndAHint) {
  struct Case {
    const char *what, *by, *expected;
  };
  for (const Case& c : {
           Case{"key: booking_id", "key: bookingid", "x.yaml:4:6: key: there is no column \"bookingid\"; did you mean \"booking_id\"?"},
           Case{"key: booking_id", "keys: booking_id", "x.yaml:4:1: unknown key \"keys\"; did you mean \"key\"?"},
           Case{"type: integer", "type: int", "unknown type \"int\""},
           Case{"type: integer", "typ: integer", "did you mean \"type\"?"},
           Case{"format: csv", "format: parquet", "x.yaml:3:9: format: unknown format \"parquet\""},
           Case{"sum(guests)", "sum(note)", "\"note\" is not a number"},
           Case{"sum(guests)", "median(guests)", "there is no function \"median\""},
           Case{"sum(guests)", "guests", "\"guests\" has many values in a group"},
           Case{"sum(guests)", "sum(guests) / bokings", "did you mean \"bookings\"?"},
           Case{"sum(guests)", "total(guests)", "total takes an aggregate"},
           Case{"sum(guests)", "total(count per guests)", "not one of the report's groups"},
           Case{"sum(guests)", "first(guests)", "first needs an order"},
           Case{"sum(guests)", "sum(guests where note)", "\"where\" needs a condition"},
           Case{"group_by: [restaurant_id]", "where: guests\n    group_by: [restaurant_id]", "expected a condition"},
           Case{"group_by: [restaurant_id]", "where: sum(guests) > 1\n    group_by: [restaurant_id]",
                "counts many rows"},
           Case{"group_by: [restaurant_id]", "compute: { note: lower(note) }\n    group_by: [restaurant_id]",
                "there is a column \"note\" already"},
           Case{"group_by: [restaurant_id]", "explode: { list: note, as: one }\n    group_by: [one]",
                "this is not a list"},
           Case{"group_by: [restaurant_id]", "columns: [bookings]\n    group_by: [restaurant_id]",
                "belongs to the row's key"},
           Case{"group_by: [restaurant_id]", "lookup: { dataset: weather }\n    group_by: [restaurant_id]",
                "no definition in these folders makes a dataset \"weather\""},
           Case{"group_by: [restaurant_id]",
                "previous: { per: restaurant_id, order: date }\n    group_by: [restaurant_id]",
                "take: required"},
           Case{"tumbling: month", "tumbling: fortnight", "unknown window \"fortnight\""},
           Case{"tumbling: month", "tumbling: hour", "has no hour"},
           Case{"tumbling: month", "tumbling: month, time_zone: Europe/Pariss", "there is no time zone"},
           Case{"tumbling: month", "tumbling: month, week_starts_on: sunday", "only a week"},
           Case{"group_by: [restaurant_id]", "group_by: [note]", "\"note\" may be empty"},
           Case{"event_time: date", "event_time: guests", "neither a date nor a timestamp"},
           Case{"%d-%m-%Y", "%d-%b-%Y", "unknown conversion %b"},
           Case{"%d-%m-%Y", "%d-%m", "lacks %Y"},
           Case{"%d-%m-%Y", "%d-%m-%y-%Y", "has the year twice"},
           Case{"%d-%m-%Y", "%d-%m-%y-%y", "has %y twice"},
           Case{"path: monthly.csv", "path: ../monthly.csv", "below data/out"},
           Case{"order: [-amount", "order: [-amounts", "no column \"amounts\""},
           Case{"guests:        {", "_guests:       {", "is no name"},
           Case{"dataset: bookings", "dataset: Bookings", "is no name"},
           Case{"monthly:", "bookings:", "another name than its dataset"},
           Case{"currency: currency", "currency: guests", "two columns \"guests\""},
           Case{"currency: currency", "currency: EUR", "\"EUR\" is a currency; here stands the name of the column"},
           Case{"min: 0", "min: 0, decimal_separator: ';'", "expected \",\" (1.234,56) or \".\" (1,234.56)"},
           Case{"min: 0", "min: 0, decimal: comma", "of a number, decimal_separator says"},
           Case{"type: string, from", "type: string, decimal_separator: '.', from", "means nothing"},
           Case{"min: 0", "min: zero", "\"zero\" is not a number"},
           Case{"bookings: count", "month: count", "two columns \"month\""},
           Case{"{ type: string, required: true }", "{ type: string, type: string }", "stands here twice"},
           Case{"format: csv", "format: [", "this is not YAML"},
           Case{"from: \"Client note\"", "from: guests", "two fields are made from the file's column \"guests\""},
           Case{"type: string, from", "type: string, one_of: [], from", "accepts no value"},
           Case{"[\"%d/%m/%Y\", \"%d-%m-%Y\"]", "[]", "names no format"},
           Case{"path: monthly.csv", "path: monthly/", "below data/out"},
           Case{"postgres: {}", "postgres: { table: x }", "unknown key \"table\""},
           Case{"format: csv", "format: csv\nrecords: {}", "records.postgres: required"},
           Case{"event_time: date", "allowed_lateness: 3d", "nothing is late without"},
           Case{"format: csv", "format: csv\nallowed_lateness: 3 days", "expected a duration"},
           Case{"format: csv", "format: csv\ncsv: { delimiter: ';;' }", "expected one character"},
           Case{"format: csv", "format: csvv", "did you mean \"csv\"?"},
           Case{"format: csv", "format: { csv: {}, json: {} }", "expected one format"},
           Case{"format: csv", "format: { csv: { delimeter: ';' } }", "did you mean \"delimiter\"?"},
           Case{"format: csv", "format: { csv: { encoding: utf8 } }", "did you mean \"utf-8\"?"},
           Case{"format: csv", "format: { csv: { header: false, other_columns: ignore } }", "every column is a field"},
           Case{"format: csv", "format: { ndjson: { row: a } }", "unknown key \"row\""},
           Case{"format: csv", "format: xml", "xml needs the name of the element"},
           Case{"format: csv", "format: { xml: { row: 'a b' } }", "no name of an element"},
           Case{"format: csv", "format: json\ncsv: { quote: \"'\" }", "another format"},
           Case{"bookings*.csv\"", "b*.csv\", path_fields: \"day\"", "names no {field}"},
           Case{"bookings*.csv\"", "b*.csv\", path_fields: \"{a}{b}\"", "side by side"},
           Case{"bookings*.csv\"", "b*.csv\", path_fields: \"{a}/{a}\"", "stands here twice"},
           Case{"bookings*.csv\"", "b*.csv\", path_fields: \"{a\"", "never closed"},
           Case{"type: string, from", "type: string, quoted: true, from", "means nothing"},
           Case{"format: csv", "format: csv\npartitions: 0", "from 1 to 256"},
           Case{"postgres: {}", "export: {}", "expected one of `folder:"},
           Case{"postgres: {}", "export: { folder: ../x }", "below data/out"},
           Case{"postgres: {}", "export: { folder: x, hist: false }", "writes nothing"},
           Case{"postgres: {}", "export: { folder: x, every: 5s }", "10s to 7d"},
           Case{"postgres: {}", "export: { s3: { prefix: /x/ } }", "how the objects' keys begin"},
           Case{"postgres: {}", "export: { folder: x, current: { quote: \",\" } }", "same character"},
           Case{"postgres: {}", "export: { folder: x, current: { order: months } }", "no column \"months\""},
           Case{"postgres: {}", "export: { folder: x, current: { file: ../x } }", "expected a file's name"},
           Case{"format: csv", "format: csv\nversion: note", "the greatest version wins"},
           Case{"key: booking_id", "key: [booking_id, guests]", "\"guests\" may be empty"},
           Case{"format: csv\n", "format: csv\nformat: csv\n", "x.yaml:4:1: \"format\" stands here twice"},
           Case{"amount: sum(amount) }", "amount: sum(amount) }\n  monthly:\n    measures: { n: count }", "stands here twice"},
           Case{"order: [-amount, month] } }\n", "order: [-amount, month] } }\n---\ndataset: y\n", "a second document"},
       }) {
    const auto errors = errors_of(replaced(kBookings, c.what, c.by));
    EXPECT_THAT(errors, ::testing::Contains(HasSubstr(c.expected))) << c.by;
    for (const std::string& error : errors) EXPECT_TRUE(error.starts_with("x.yaml:")) << error;
  }
}

TEST(DefinitionParser, AFormatHasItsOptions) {
  const auto with = [](const std::string& format) {
    return parse_definition(replaced(kBookings, "format: csv", format), "x.yaml").value();
  };
  EXPECT_FALSE(with("format: csv").csv.delimiter_given);
  const Dataset csv = with("format: { csv: { delimiter: tab, quote: \"'\", header: false, encoding: latin-1 } }");
  EXPECT_EQ(csv.csv.delimiter, '\t');
  EXPECT_EQ(csv.csv.quote, '\'');
  EXPECT_TRUE(csv.csv.delimiter_given);
  EXPECT_FALSE(csv.csv.header);
  EXPECT_EQ(csv.encoding, Encoding::kLatin1);
  EXPECT_EQ(with("format: ndjson").format, FileFormat::kNdjson);
  EXPECT_EQ(with("format: { json: }").format, FileFormat::kJson);
  EXPECT_EQ(with("format: { xml: { row: doc } }").row_element, "doc");
}

TEST(DefinitionParser, AFieldMayComeFromTheFilesPath) {
  const std::string text = replaced(kBookings, "bookings*.csv\"", "b*.csv\", path_fields: \"day={day}/\"");
  const Dataset dataset =
      parse_definition(replaced(text, "from: \"Client note\"", "from: path.day"), "x.yaml").value();
  EXPECT_EQ(dataset.path_fields, std::vector<std::string>{"day"});
  EXPECT_EQ(std::ranges::count_if(dataset.fields, [](const FieldSpec& f) { return f.path_field.has_value(); }), 1);
  EXPECT_THAT(errors_of(replaced(text, "from: \"Client note\"", "from: path.hour")),
              ElementsAre(HasSubstr("path_fields have no {hour}; they have: day")));
}

TEST(DefinitionParser, ReportsAllMistakesAtOnceInTheFilesOrder) {
  const auto errors = errors_of("dataset: 9\nformat: xls\nfields:\n  a: { type: strin }\n");
  ASSERT_GE(errors.size(), 5U);
  EXPECT_THAT(errors[0], HasSubstr("source"));
  EXPECT_TRUE(std::ranges::is_sorted(errors, {}, [](const std::string& e) { return e.substr(0, 8); }));
}

TEST(DefinitionParser, SurvivesAnythingThatIsNotAMap) {
  for (const char* text : {"", "[]", "just text", "1", "- a\n- b", "dataset: {a: b}\nfields: 3\nreports: []\nsource: x\nkey: {}"}) {
    EXPECT_FALSE(parse_definition(text, "x.yaml").has_value()) << text;
  }
}

TEST(DefinitionParser, ASourceMayBeAPrefixOfABucket) {
  const auto with = [](const std::string& s3) {
    return parse_definition(
        replaced(kBookings, "\"bookings*.csv\" }", "\"bookings*.csv\", s3: " + s3 + " }"), "x.yaml");
  };
  const auto d = with("{ bucket: events, prefix: consent/, after: tag }");
  ASSERT_TRUE(d);
  EXPECT_EQ(d->s3->bucket, "events");
  EXPECT_EQ(d->s3->prefix, "consent/");
  EXPECT_EQ(d->s3->after, AfterReading::kTag);
  EXPECT_EQ(with("{ prefix: consent/ }")->s3->after, AfterReading::kKeep);
  EXPECT_EQ(with("{ prefix: consent/ }")->fingerprint, parse_definition(kBookings, "x.yaml")->fingerprint);
  for (const char* wrong : {"{ bucket: events }", "{ prefix: /a }", "{ prefix: a, after: burn }",
                            "{ bucket: s3://events, prefix: a }", "{ prefix: a, region: b }"}) {
    EXPECT_FALSE(with(wrong).has_value()) << wrong;
  }
}

TEST(DefinitionParser, AnErrorBudgetIsOfRowsOrAShareOrBothAndMayChangeWhileFilesAreRead) {
  const auto with = [](const std::string& errors) { return parse_definition(kBookings + ("\nerrors: " + errors + "\n"), "x.yaml"); };
  const auto both = with("{ max_rows: 100, max_share: 0.05 }");
  ASSERT_TRUE(both) << to_string(both.error().front());
  EXPECT_EQ(both->errors->max_rows, 100U);
  EXPECT_EQ(to_string(*both->errors->max_share), "0.05");
  EXPECT_FALSE(with("{ max_rows: 0 }")->errors->max_share);
  EXPECT_FALSE(parse_definition(kBookings, "x.yaml")->errors);
  EXPECT_EQ(both->fingerprint, parse_definition(kBookings, "x.yaml")->fingerprint);
  EXPECT_NE(both->text_hash, parse_definition(kBookings, "x.yaml")->text_hash) << "a retry by it is another file";
  for (const char* wrong : {"{}", "{ max_rows: -1 }", "{ max_share: 1.01 }", "{ max_share: -0.1 }", "{ max_share: few }",
                            "{ max_share: 0.0000000001 }", "100", "{ max_rows: 1.5 }"}) {
    EXPECT_FALSE(with(wrong).has_value()) << wrong;
  }
}

TEST(DefinitionParser, TheFingerprintFollowsWhatDecidesResultsAndNothingElse) {
  const auto of = [](const std::string& text) { return parse_definition(text, "x.yaml")->fingerprint; };
  const std::string original = of(kBookings);
  EXPECT_EQ(of(replaced(kBookings, "bookings*.csv", "b*.csv")), original);
  EXPECT_EQ(of(replaced(kBookings, "path: monthly.csv", "path: m.csv")), original);
  EXPECT_NE(of(replaced(kBookings, "tumbling: month", "tumbling: year")), original);
  EXPECT_NE(of(replaced(kBookings, "sum(guests)", "count")), original);
}

TEST(DefinitionLoader, ABrokenFileHidesNoGoodOneAndNamesAreUniqueOverAll) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("definitions-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto write = [&](const char* name, const std::string& text) { std::ofstream(folder / name) << text; };
  write("a.yaml", kBookings);
  write("b.yaml", "dataset: [");
  write("c.yml", kBookings);
  write("notes.txt", "not a definition");
  const LoadedDefinitions loaded = load_definitions({folder.string(), "/nowhere"});
  fs::remove_all(folder);
  ASSERT_EQ(loaded.datasets.size(), 1U);
  std::vector<std::string> messages;
  for (const auto& e : loaded.errors) messages.push_back(to_string(e));
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("b.yaml:1:")));
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("is defined in")));
  EXPECT_THAT(messages, ::testing::Contains(HasSubstr("/nowhere")));
}

TEST(DefinitionLoader, ANewFileTakesNoNameAwayFromWhatRuns) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("definitions-running-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const auto write = [&](const char* name) { std::ofstream(folder / name) << kBookings; };
  write("b.yaml");
  write("a.yaml");
  const LoadedDefinitions fresh = load_definitions({folder.string()});
  const std::string running = folder / "b.yaml";
  const LoadedDefinitions again = load_definitions({folder.string()}, {running});
  fs::remove_all(folder);
  ASSERT_EQ(fresh.datasets.size(), 1U);
  EXPECT_EQ(fresh.datasets[0].path, folder / "a.yaml");
  ASSERT_EQ(again.datasets.size(), 1U);
  EXPECT_EQ(again.datasets[0].path, running);
  ASSERT_EQ(again.errors.size(), 1U);
  EXPECT_THAT(to_string(again.errors[0]), ::testing::AllOf(HasSubstr("a.yaml:1:1"), HasSubstr("is defined in")));
}

TEST(DefinitionLoader, APipeIsRefusedAndNotWaitedFor) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("definitions-pipe-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  ASSERT_EQ(::mkfifo((folder / "a.yaml").c_str(), 0600), 0);
  std::ofstream(folder / "b.yaml") << kBookings;
  std::ofstream(folder / "c.yaml") << std::string(2 * 1024 * 1024, '#');
  const LoadedDefinitions loaded = load_definitions({folder.string()});
  fs::remove_all(folder);
  EXPECT_EQ(loaded.datasets.size(), 1U);
  ASSERT_EQ(loaded.errors.size(), 2U);
  EXPECT_THAT(to_string(loaded.errors[0]), HasSubstr("a.yaml:1:1: cannot be read: it is not a file"));
  EXPECT_THAT(to_string(loaded.errors[1]), HasSubstr("c.yaml:1:1: a definition may have 1 MiB"));
}

TEST(DefinitionLoader, TwoReportsMayNotWriteOneFile) {
  const std::string second = "  yearly:\n    window: { tumbling: year }\n    measures: { n: count }\n"
                             "    sinks: { csv: { path: monthly.csv } }\n";
  EXPECT_THAT(errors_of(kBookings + second), ::testing::Contains(HasSubstr("two reports write")));
}

TEST(DefinitionParser, AnEmptyFileHasAPlaceToo) {
  EXPECT_THAT(errors_of(""), ElementsAre("x.yaml:1:1: expected a map"));
}

// The definition that ships, against the page that describes its reports.
TEST(ShippedDefinitions, BookingsGivesTheReportsColumnsThatWerePromised) {
  const auto loaded = load_definitions({SLUICE_SCHEMAS});
  ASSERT_TRUE(loaded.errors.empty()) << to_string(loaded.errors.front());
  const auto bookings = std::ranges::find(loaded.datasets, "bookings", &Dataset::name);
  ASSERT_NE(bookings, loaded.datasets.end());
  const auto columns_of = [&](const std::string& report) {
    std::vector<std::string> names;
    const auto found = std::ranges::find(bookings->reports, report, &ReportSpec::name);
    if (found == bookings->reports.end()) return names;
    for (const ReportColumn& column : found->columns) names.push_back(column.name);
    return names;
  };
  EXPECT_THAT(columns_of("monthly_restaurants_report"),
              ElementsAre("restaurant_id", "restaurant_name", "country", "month", "number_of_bookings",
                          "number_of_guests", "amount", "currency"));
  EXPECT_THAT(columns_of("bookings_by_country"),
              ElementsAre("country", "number_of_bookings", "number_of_guests", "amount", "currency"));
  EXPECT_THAT(columns_of("bookings_by_calendar_month"),
              ElementsAre("month", "number_of_bookings", "number_of_guests"));
  EXPECT_TRUE(takes_file(*bookings, "bookings_2017.csv"));
  EXPECT_FALSE(takes_file(*bookings, ".bookings.csv"));
}

// yaml-cpp takes what stands behind the bracket for ever more documents.
TEST(DefinitionParser, ABracketTooManyIsAnErrorWithItsLine) {
  for (const char* text : {"dataset: d\n]\n", "&a i%, day]\n\n", "dataset: d\nkey: a]\n}\n", "]", "}"}) {
    const auto parsed = parse_definition(text, "f.yaml");
    ASSERT_FALSE(parsed) << text;
    for (const DefinitionError& error : parsed.error()) EXPECT_GE(error.line, 1) << text;
  }
}

}  // namespace
}  // namespace sluice
