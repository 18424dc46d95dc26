#include "services/ingest/core/retry_lines.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "common/rows/line_splitter.h"

namespace sluice::ingest {
namespace {

constexpr std::size_t kMaxFirstLine = 1024;

class RetryLines final : public RowFormat {
 public:
  explicit RetryLines(std::shared_ptr<const Dataset> dataset) : dataset_(std::move(dataset)) {}

  Result<std::optional<Opening>> open(std::string_view start, bool at_end) override {
    const std::size_t end = start.find('\n');
    if (end == std::string_view::npos && !at_end && start.size() < kMaxFirstLine) return std::optional<Opening>();
    const auto first = nlohmann::json::parse(start.substr(0, end), nullptr, false);
    if (end == std::string_view::npos || !first.is_object() || first.value("retry", "") != dataset_->name) {
      return fail("This is no retry of dead letters of " + dataset_->name + ".");
    }
    if (first.value("definition", "") != dataset_->text_hash) {
      return fail("The definition of " + dataset_->name +
                  " changed after this retry was asked for; ask for it again.");
    }
    return std::optional(Opening{end + 1, 2, {}});
  }
  void split(std::string_view buffer, bool at_end, std::uint64_t first_line, std::size_t max_bytes,
             SplitResult& out) const override {
    split_lines(buffer, at_end, first_line, max_bytes, out);
  }
  Result<std::unique_ptr<CellReader>> cell_reader(std::string_view) const override {
    return fail("a retry's rows each have a format of their own");
  }

 private:
  std::shared_ptr<const Dataset> dataset_;
};

}  // namespace

std::string first_line_of_retry(const Dataset& dataset) {
  return nlohmann::ordered_json{{"retry", dataset.name}, {"definition", dataset.text_hash}}.dump() + "\n";
}

DeadLetter again(DeadLetter letter, const RowRejection& rejection) {
  letter.column = rejection.column;
  letter.rule = rejection.rule;
  letter.reason = rejection.reason;
  return letter;
}

std::unique_ptr<RowFormat> retry_lines(std::shared_ptr<const Dataset> dataset) {
  return std::make_unique<RetryLines>(std::move(dataset));
}

}  // namespace sluice::ingest
