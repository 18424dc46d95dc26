#include "services/loader/core/target.h"

namespace sluice::loader {
namespace {

TablePlan filled_by(TablePlan table, const std::string& topic) {
  table.topic = topic;
  return table;
}

}  // namespace

std::vector<Target> targets_of(const std::shared_ptr<const Dataset>& dataset,
                               const Topics& topics) {
  std::vector<Target> out;
  for (const ReportSpec& report : dataset->reports) {
    if (!report.to_postgres && !report.csv) continue;
    out.push_back({TargetKind::kRows,
                   "rows:" + report.name,
                   topics.rows(report.name),
                   dataset->partitions,
                   filled_by(report_table(report), topics.rows(report.name)),
                   {"_revision"},
                   dataset->name,
                   &report,
                   dataset});
  }
  out.push_back({TargetKind::kDeadLetters,
                 "dead-letters:" + dataset->name,
                 topics.dead_letters(dataset->name),
                 dataset->partitions,
                 dead_letters_table(),
                 {},
                 dataset->name,
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
                   nullptr,
                   dataset};
    if (dataset->version) records.version.push_back(dataset->columns[*dataset->version].name);
    records.version.insert(records.version.end(), {"_place", "_entry", "_line"});
    out.push_back(std::move(records));
  }
  return out;
}

Target files_target(const Topics& topics, std::int32_t shards) {
  return {
      TargetKind::kFiles, "files", topics.files(), shards, filled_by(files_table(), topics.files()),
      {"_offset"},        "",      nullptr,        nullptr};
}

}  // namespace sluice::loader
