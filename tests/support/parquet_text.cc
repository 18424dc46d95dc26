#include "tests/support/parquet_text.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>

#include <stdexcept>

namespace sluice::testing {
namespace {

template <typename T>
T checked(arrow::Result<T> result) {
  if (!result.ok()) throw std::runtime_error("no Parquet file: " + result.status().ToString());
  return std::move(result).ValueUnsafe();
}

}  // namespace

ParquetText read_parquet(const std::string& bytes) {
  const auto reader = checked(parquet::arrow::OpenFile(
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes)),
      arrow::default_memory_pool()));
  const std::shared_ptr<arrow::Table> table = checked(reader->ReadTable());
  ParquetText out{table->schema()->ToString(), {}};
  for (std::int64_t row = 0; row < table->num_rows(); ++row) {
    std::string& line = out.rows.emplace_back();
    for (int column = 0; column < table->num_columns(); ++column) {
      line += (column > 0 ? "|" : "") + checked(table->column(column)->GetScalar(row))->ToString();
    }
  }
  return out;
}

}  // namespace sluice::testing
