#pragma once
// Rows as a Parquet file, written on as they come: memory is bounded by one row group (some tens of
// MB), not by the file. One thread. Throws TaskBroken for a value that its column cannot hold, and
// what the sink throws.

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/cell.h"

namespace sluice::parquet_file {

struct Column {
  std::string name;
  ColumnType type = ColumnType::kString;
  bool nullable = true;
  int scale = 0;  // decimal: digits after the point, of 38
};

class Writer {
 public:
  // `sink` gets the file's bytes in order.
  Writer(const std::vector<Column>& columns, std::function<void(std::string_view)> sink);
  ~Writer();  // without finish(): what the sink got is no whole file
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // One text for each column, nullopt for null: string; integer (64 bits); decimal; boolean "t" or
  // "f"; date as days, timestamp as microseconds since 1970-01-01 UTC.
  void add(std::span<const std::optional<std::string_view>> row);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::parquet_file
