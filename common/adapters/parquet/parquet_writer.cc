#include "common/adapters/parquet/parquet_writer.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/decimal.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <charconv>
#include <exception>
#include <utility>

#include "common/base/error.h"

namespace sluice::parquet_file {
namespace {

constexpr int kPrecision = 38;
constexpr std::size_t kGroupRows = 100'000;
constexpr std::size_t kGroupBytes = std::size_t{16} << 20;

void check(const arrow::Status& status, const std::string& what) {
  if (!status.ok()) throw TaskBroken("Parquet: " + what + ": " + status.ToString());
}

template <typename T>
T checked(arrow::Result<T> result, const std::string& what) {
  check(result.status(), what);
  return std::move(result).ValueUnsafe();
}

class SinkStream final : public arrow::io::OutputStream {
 public:
  explicit SinkStream(std::function<void(std::string_view)> sink) : sink_(std::move(sink)) {}
  arrow::Status Write(const void* data, std::int64_t size) override {
    try {
      sink_({static_cast<const char*>(data), static_cast<std::size_t>(size)});
    } catch (...) {  // Arrow's code is no place for it to pass through
      if (!trouble_) trouble_ = std::current_exception();
      return arrow::Status::IOError("the sink failed");
    }
    written_ += size;
    return arrow::Status::OK();
  }
  using OutputStream::Write;
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  arrow::Result<std::int64_t> Tell() const override { return written_; }
  bool closed() const override { return closed_; }
  void rethrow() {
    if (trouble_) std::rethrow_exception(std::exchange(trouble_, nullptr));
  }

 private:
  std::function<void(std::string_view)> sink_;
  std::exception_ptr trouble_;
  std::int64_t written_ = 0;
  bool closed_ = false;
};

std::shared_ptr<arrow::DataType> arrow_type(const Column& column) {
  switch (column.type) {
    case ColumnType::kString:
      return arrow::utf8();
    case ColumnType::kInteger:
      return arrow::int64();
    case ColumnType::kDecimal:
      return arrow::decimal128(kPrecision, column.scale);
    case ColumnType::kBoolean:
      return arrow::boolean();
    case ColumnType::kDate:
      return arrow::date32();
    case ColumnType::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  }
  return arrow::utf8();
}

template <typename T>
T number(std::string_view text, const Column& column) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw TaskBroken("Parquet: column '" + column.name + "' cannot hold '" + std::string(text) +
                     "'");
  }
  return value;
}

arrow::Decimal128 decimal(std::string_view text, const Column& column) {
  arrow::Decimal128 value;
  std::int32_t precision = 0, scale = 0;
  check(arrow::Decimal128::FromString(text, &value, &precision, &scale), column.name);
  // Rescale fails instead of rounding, but may not notice that it overflows.
  const bool fits = value == 0 || precision - scale + column.scale <= kPrecision;
  if (fits) value = checked(value.Rescale(scale, column.scale), column.name);
  if (!fits || !value.FitsInPrecision(kPrecision)) {
    throw TaskBroken("Parquet: column '" + column.name + "' cannot hold '" + std::string(text) +
                     "' with " + std::to_string(column.scale) + " of 38 digits after the point");
  }
  return value;
}

void append(arrow::ArrayBuilder& builder, const Column& column, std::string_view text) {
  const auto as = [&]<typename B>(B*) -> B& { return static_cast<B&>(builder); };
  arrow::Status status;
  switch (column.type) {
    case ColumnType::kString:
      status = as(static_cast<arrow::StringBuilder*>(nullptr)).Append(text);
      break;
    case ColumnType::kInteger:
      status = as(static_cast<arrow::Int64Builder*>(nullptr))
                   .Append(number<std::int64_t>(text, column));
      break;
    case ColumnType::kDecimal:
      status = as(static_cast<arrow::Decimal128Builder*>(nullptr)).Append(decimal(text, column));
      break;
    case ColumnType::kBoolean:
      status = as(static_cast<arrow::BooleanBuilder*>(nullptr)).Append(text == "t");
      break;
    case ColumnType::kDate:
      status = as(static_cast<arrow::Date32Builder*>(nullptr))
                   .Append(number<std::int32_t>(text, column));
      break;
    case ColumnType::kTimestamp:
      status = as(static_cast<arrow::TimestampBuilder*>(nullptr))
                   .Append(number<std::int64_t>(text, column));
      break;
  }
  check(status, column.name);
}

}  // namespace

struct Writer::Impl {
  std::vector<Column> columns;
  std::shared_ptr<SinkStream> stream;
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::unique_ptr<arrow::ArrayBuilder>> builders;
  std::unique_ptr<parquet::arrow::FileWriter> file;
  std::size_t rows = 0, bytes = 0;  // of the row group that is being collected

  void done(const arrow::Status& status, const char* what) {
    stream->rethrow();
    check(status, what);
  }

  void flush() {
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    for (const auto& builder : builders) arrays.push_back(checked(builder->Finish(), "a group"));
    const auto table = arrow::Table::Make(schema, arrays, static_cast<std::int64_t>(rows));
    done(file->WriteTable(*table, static_cast<std::int64_t>(kGroupRows)), "writing a row group");
    rows = bytes = 0;
  }
};

Writer::Writer(const std::vector<Column>& columns, std::function<void(std::string_view)> sink)
    : impl_(std::make_unique<Impl>()) {
  impl_->columns = columns;
  impl_->stream = std::make_shared<SinkStream>(std::move(sink));
  arrow::FieldVector fields;
  for (const Column& column : columns) {
    fields.push_back(arrow::field(column.name, arrow_type(column), column.nullable));
    impl_->builders.push_back(checked(arrow::MakeBuilder(fields.back()->type()), column.name));
  }
  impl_->schema = arrow::schema(fields);
  auto opened = parquet::arrow::FileWriter::Open(
      *impl_->schema, arrow::default_memory_pool(), impl_->stream,
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build());
  impl_->done(opened.status(), "beginning the file");
  impl_->file = std::move(opened).ValueUnsafe();
}

Writer::~Writer() = default;

void Writer::add(std::span<const std::optional<std::string_view>> row) {
  for (std::size_t i = 0; i < impl_->columns.size(); ++i) {
    if (row[i]) {
      append(*impl_->builders[i], impl_->columns[i], *row[i]);
      impl_->bytes += row[i]->size() + sizeof(std::int64_t);
    } else {
      check(impl_->builders[i]->AppendNull(), impl_->columns[i].name);
    }
  }
  if (++impl_->rows >= kGroupRows || impl_->bytes >= kGroupBytes) impl_->flush();
}

void Writer::finish() {
  if (impl_->rows > 0) impl_->flush();
  impl_->done(impl_->file->Close(), "ending the file");
}

}  // namespace sluice::parquet_file
