#include "services/loader/core/target.h"

namespace sluice::loader {
namespace {

TablePlan filled_by(TablePlan table, const std::string& topic) {
  table.topic = topic;
  return table;
}

}  // namespace

std::vector<Target> rows_targets(const std::shared_ptr<const Dataset>& dataset,
                                 const Topics& topics) {
  std::vector<Target> out;
  const int generation = topics.generation();
  const std::string suffix = generation == 1 ? "" : " g" + std::to_string(generation);
  for (const ReportSpec& report : dataset->reports) {
    if (!report.to_postgres && !report.csv) continue;
    Target& made = out.emplace_back();
    made.kind = TargetKind::kRows;
    made.name = "rows:" + report.name + suffix;
    made.topic = topics.rows(report.name);
    made.partitions = dataset->partitions;
    made.table = filled_by(report_table(report), made.topic);
    made.table.tombstones = report.name + suffix;
    made.version = {"_revision"};
    made.dataset = dataset->name;
    made.generation = generation;
    made.report = &report;
    made.definition = dataset;
  }
  return out;
}

std::vector<Target> record_targets(const std::shared_ptr<const Dataset>& dataset,
                                   const Topics& topics) {
  std::vector<Target> out;
  out.push_back({TargetKind::kDeadLetters,
                 "dead-letters:" + dataset->name,
                 topics.dead_letters(dataset->name),
                 dataset->partitions,
                 dead_letters_table(),
                 {},
                 dataset->name,
                 1,
                 nullptr,
                 dataset});
  if (dataset->to_postgres) {
    Target records{TargetKind::kRecords,
                   "records:" + dataset->name,
                   topics.records(dataset->name),
                   dataset->partitions,
                   filled_by(records_table(*dataset), topics.records(dataset->name)),
                   {},
                   dataset->name,
                   1,
                   nullptr,
                   dataset};
    if (dataset->version) records.version.push_back(dataset->columns[*dataset->version].name);
    records.version.insert(records.version.end(), {"_place", "_entry", "_line"});
    out.push_back(std::move(records));
  }
  return out;
}

std::vector<Target> targets_of(const std::shared_ptr<const Dataset>& dataset,
                               const Topics& topics) {
  std::vector<Target> out = rows_targets(dataset, topics);
  for (Target& target : record_targets(dataset, topics)) out.push_back(std::move(target));
  return out;
}

Target files_target(const Topics& topics, std::int32_t shards) {
  return {
      TargetKind::kFiles, "files", topics.files(), shards, filled_by(files_table(), topics.files()),
      {"_offset"},        "",      1,              nullptr,         nullptr};
}

}  // namespace sluice::loader
