// What the writer writes, read back by Arrow.
#include "common/adapters/parquet/parquet_writer.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <parquet/arrow/reader.h>

#include "common/base/error.h"

namespace sluice::parquet_file {
namespace {

using Row = std::vector<std::optional<std::string_view>>;

const std::vector<Column> kColumns = {{"name", ColumnType::kString, false},
                                      {"n", ColumnType::kInteger},
                                      {"amount", ColumnType::kDecimal, true, 12},
                                      {"open", ColumnType::kBoolean},
                                      {"day", ColumnType::kDate},
                                      {"at", ColumnType::kTimestamp}};

std::string written(const std::vector<Row>& rows) {
  std::string out;
  Writer writer(kColumns, [&](std::string_view piece) { out += piece; });
  for (const Row& row : rows) writer.add(row);
  writer.finish();
  return out;
}

std::shared_ptr<arrow::Table> read(const std::string& bytes) {
  auto reader = parquet::arrow::OpenFile(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)),
      arrow::default_memory_pool());
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  auto table = (*reader)->ReadTable();
  EXPECT_TRUE(table.ok()) << table.status().ToString();
  return *table;
}

std::string cell(const arrow::Table& table, int column, std::int64_t row) {
  return (*table.column(column)->GetScalar(row))->ToString();
}

TEST(ParquetWriter, EveryTypeComesBackAsItIsInTheGivenOrder) {
  const auto table = read(written({{"é, \"x\"\n", "-9223372036854775808",
                                    "12345678901234567890123456.123456789012", "t", "-1", "1"},
                                   {"", std::nullopt, std::nullopt, std::nullopt, std::nullopt,
                                    std::nullopt},
                                   {"z", "7", "-0.10", "f", "18648", "1611223200000000"}}));
  EXPECT_EQ(table->schema()->ToString(),
            "name: string not null\nn: int64\namount: decimal128(38, 12)\nopen: bool\n"
            "day: date32[day]\nat: timestamp[us, tz=UTC]");
  EXPECT_EQ(cell(*table, 0, 0), "é, \"x\"\n");
  EXPECT_EQ(cell(*table, 1, 0), "-9223372036854775808");
  EXPECT_EQ(cell(*table, 2, 0), "12345678901234567890123456.123456789012");
  EXPECT_EQ(cell(*table, 2, 2), "-0.100000000000");
  EXPECT_EQ(cell(*table, 3, 0), "true");
  EXPECT_EQ(cell(*table, 4, 0), "1969-12-31");
  EXPECT_EQ(cell(*table, 5, 2), "2021-01-21 10:00:00.000000Z");
  for (int column = 1; column < 6; ++column) EXPECT_EQ(cell(*table, column, 1), "null");
}

TEST(ParquetWriter, ATableWithoutRowsIsAFileWithItsColumns) {
  const auto table = read(written({}));
  EXPECT_EQ(table->num_rows(), 0);
  EXPECT_EQ(table->num_columns(), 6);
}

TEST(ParquetWriter, ManyRowsAreSeveralGroupsInTheirOrder) {
  std::vector<std::string> numbers;
  for (int i = 0; i < 250'000; ++i) numbers.push_back(std::to_string(i));
  std::vector<Row> rows;
  for (const std::string& number : numbers) {
    rows.push_back({number, number, number, "t", "1", number});
  }
  const auto table = read(written(rows));
  ASSERT_EQ(table->num_rows(), 250'000);
  for (const std::int64_t row : {0, 99'999, 100'000, 249'999}) {
    EXPECT_EQ(cell(*table, 1, row), std::to_string(row));
  }
}

TEST(ParquetWriter, AValueThatDoesNotFitIsRefusedAndNeverRounded) {
  for (const char* amount : {"0.1234567890123", "123456789012345678901234567", "ten"}) {
    EXPECT_THROW(written({{"x", "1", amount, "t", "1", "1"}}), TaskBroken) << amount;
  }
  for (int digits = 27; digits <= 40; ++digits) {  // with 12 behind the point, too many
    for (char digit = '1'; digit <= '9'; ++digit) {
      const std::string amount(static_cast<std::size_t>(digits), digit);
      EXPECT_THROW(written({{"x", "1", amount, "t", "1", "1"}}), TaskBroken) << amount;
    }
  }
  EXPECT_THROW(written({{"x", "9223372036854775808", "1", "t", "1", "1"}}), TaskBroken);
}

TEST(ParquetWriter, WhatTheSinkThrowsIsWhatTheCallerGets) {
  struct DiskFull {};
  Writer writer(kColumns, [bytes = std::size_t{0}](std::string_view piece) mutable {
    bytes += piece.size();
    if (bytes > 10) throw DiskFull();
  });
  writer.add(Row{"x", "1", "1", "t", "1", "1"});
  EXPECT_THROW(writer.finish(), DiskFull);
}

}  // namespace
}  // namespace sluice::parquet_file
