#include "services/transform/core/record_contributions.h"

#include <set>

#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

std::vector<const ReportSpec*> reports_of_records(const Dataset& dataset) {
  std::vector<const ReportSpec*> out;
  for (const ReportSpec& report : dataset.reports) {
    if (!report.derive) out.push_back(&report);
  }
  return out;
}

std::vector<GroupDeltas::Source> sources_of(const std::vector<const ReportSpec*>& reports,
                                            const Projection& projection) {
  std::vector<GroupDeltas::Source> out;
  for (const ReportSpec* report : reports) {
    out.push_back({report, [&projection](std::size_t column) {
                     return projection.place_in_relation(column);
                   }});
  }
  return out;
}

std::vector<std::vector<std::string>> finish(std::vector<FrameWriter>& writers,
                                             const FrameHead& head) {
  std::vector<std::vector<std::string>> frames;
  for (FrameWriter& writer : writers) frames.push_back(writer.finish(head));
  return frames;
}

}  // namespace

RecordContributions::RecordContributions(const Dataset& dataset, const Projection& projection)
    : dataset_(dataset),
      projection_(projection),
      reports_(reports_of_records(dataset)),
      groups_(sources_of(reports_, projection)) {
  std::map<std::string, std::int32_t> targets;
  if (has_entities(dataset)) targets[dataset.name] = dataset.partitions;
  for (const FeedSpec& feed : dataset.feeds) targets[feed.dataset] = feed.partitions;
  for (const auto& [target, partitions] : targets) {
    entities_.emplace_back(dataset, target, partitions, [&projection](std::size_t column) {
      return projection.place_in_relation(column);
    });
  }
}

void RecordContributions::add(const Projection::Columns& record, bool take_back) {
  const std::int64_t weight = take_back ? -1 : 1;
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    if (reports_[i]->explode) {
      add_exploded(i, record, weight);
    } else {
      groups_.add(i, {record.cells, record.bytes}, weight);
    }
  }
  for (EntityRows& entities : entities_) entities.add({record.cells, record.bytes}, weight);
}

// A row for each different item of the list.
void RecordContributions::add_exploded(std::size_t source, const Projection::Columns& record,
                                       std::int64_t weight) {
  const std::size_t place = projection_.place_in_relation(*reports_[source]->explode);
  const auto* list = std::get_if<std::string_view>(&record.cells[place]);
  if (list == nullptr) return;
  const std::vector<std::string> items = list_items(*list);
  const std::set<std::string_view> different(items.begin(), items.end());
  std::vector<Cell> cells = record.cells;
  cells.emplace_back();
  for (const std::string_view item : different) {
    cells.back() = item;
    groups_.add(source, {cells, record.bytes}, weight);
  }
}

std::vector<std::vector<std::string>> RecordContributions::take_groups(const FrameHead& head) {
  std::vector<FrameWriter> writers(static_cast<std::size_t>(dataset_.partitions));
  groups_.take(writers);
  return finish(writers, head);
}

std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>>
RecordContributions::take_entities(const FrameHead& head) {
  std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>> out;
  for (EntityRows& entities : entities_) {
    std::vector<FrameWriter> writers(static_cast<std::size_t>(entities.partitions()));
    entities.take(writers);
    out.emplace_back(entities.target(), finish(writers, head));
  }
  return out;
}

std::vector<std::string> RecordContributions::targets() const {
  std::vector<std::string> out;
  for (const EntityRows& entities : entities_) out.push_back(entities.target());
  return out;
}

void RecordContributions::clear() {
  groups_.clear();
  for (EntityRows& entities : entities_) entities.clear();
}

std::size_t RecordContributions::bytes() const {
  std::size_t bytes = groups_.bytes();
  for (const EntityRows& entities : entities_) bytes += entities.bytes();
  return bytes;
}

}  // namespace sluice::transform
