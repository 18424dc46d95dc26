#include "services/transform/core/projection.h"

#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {

namespace {

// Marks the dataset's columns that expressions read.
class Used {
 public:
  explicit Used(std::size_t columns) : used_(columns, false) {}

  void mark(std::size_t column) {
    if (column < used_.size()) used_[column] = true;
  }
  void mark(const ExpressionPtr& expression) {
    if (expression == nullptr) return;
    for_each_column(*expression, [this](std::size_t column) { mark(column); });
  }
  void mark(const std::vector<ExpressionPtr>& expressions) {
    for (const ExpressionPtr& expression : expressions) mark(expression);
  }
  void mark_families(const ReportSpec& report) {
    for (const FamilySpec& family : report.families) {
      mark(family.keys);
      mark(family.where);
      for (const AggregateSpec& aggregate : family.aggregates) {
        mark(aggregate.value);
        mark(aggregate.where);
        mark(aggregate.by);
      }
    }
  }
  void mark_entity(const ReportSpec& report) {
    if (const auto* lookup = std::get_if<LookupSpec>(&*report.derive)) {
      for (const auto& alternative : lookup->match) mark(alternative);
    } else if (const auto* d = std::get_if<PreviousSpec>(&*report.derive)) {
      mark(d->per);
    } else if (const auto* t = std::get_if<TrailingSpec>(&*report.derive)) {
      mark(t->per);
    } else if (const auto* p = std::get_if<PairsSpec>(&*report.derive)) {
      mark(p->per);
    } else if (const auto* r = std::get_if<RollupSpec>(&*report.derive)) {
      mark(r->per);
    }
    for (const std::size_t column : report.carried) mark(column);
  }
  void mark_feed(const FeedSpec& feed) {
    mark(feed.lookup.key);
    mark(feed.lookup.take);
    for (const OrderExpression& pick : feed.lookup.pick) mark(pick.value);
  }
  bool operator[](std::size_t column) const { return used_[column]; }

 private:
  std::vector<bool> used_;
};

}  // namespace

Projection::Projection(const Dataset& dataset) : place_of_(dataset.columns.size(), kUnused) {
  Used used(dataset.columns.size());
  for (const ReportSpec& report : dataset.reports) {
    if (report.derive) {
      used.mark_entity(report);
    } else {
      used.mark_families(report);
    }
    if (report.explode) used.mark(*report.explode);
    if (report.window && dataset.event_time) used.mark(*dataset.event_time);
  }
  for (const FeedSpec& feed : dataset.feeds) {
    used.mark_feed(feed);
    for (const std::size_t column : dataset.key) used.mark(column);
  }
  for (std::size_t column = 0; column < dataset.columns.size(); ++column) {
    if (!used[column]) continue;
    place_of_[column] = columns_.size();
    columns_.push_back(column);
  }
}

void Projection::encode(std::span<const Cell> cells, std::string& content,
                        std::string& projection) const {
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::size_t begin = content.size();
    append_cell(content, cells[column]);
    if (place_of_[column] != kUnused) projection.append(content, begin);
  }
}

bool Projection::decode(std::string_view projection, Columns& out) const {
  out.cells.clear();
  out.bytes.clear();
  ByteCursor reader(projection);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string_view before = reader.rest();
    out.cells.push_back(read_cell(reader));
    out.bytes.push_back(before.substr(0, before.size() - reader.rest().size()));
  }
  return reader.ok() && reader.at_end();
}

}  // namespace sluice::transform
