#include "services/transform/core/entity_fold.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/error.h"

namespace sluice::transform {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kEntityOverhead = 200;
constexpr std::size_t kMemberOverhead = 100;

}  // namespace

EntityFold::EntityFold(const Dataset& dataset, const Topics& topics)
    : dataset_(dataset), topic_(topics.deltas(dataset.name)) {
  for (const ReportSpec& report : dataset.reports) {
    if (report.derive) reports_.push_back({&report, Derivation(report, dataset.columns.size())});
  }
  std::vector<GroupDeltas::Source> sources;
  for (const Report& report : reports_) {
    sources.push_back({report.spec, [&derivation = report.derivation](std::size_t column) {
                         return derivation.place_of(column);
                       }});
  }
  groups_ = std::make_unique<GroupDeltas>(sources);
}

std::size_t EntityFold::report_named(std::string_view name) const {
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    if (reports_[i].spec->name == name) return i;
  }
  throw Unsafe("rows of entities of a report '" + std::string(name) +
               "' came, which the definition does not have; put the old definition back");
}

void EntityFold::load_entities(const std::vector<std::pair<std::string, std::size_t>>& wanted,
                      const StateStore& store) {
  std::vector<std::string_view> keys;
  std::vector<Entity*> missing;
  for (const auto& [key, report] : wanted) {
    const auto [found, fresh] = entities_.try_emplace(key, nullptr);
    if (!fresh) continue;
    found->second = std::make_unique<Entity>();
    found->second->report = report;
    missing.push_back(found->second.get());
    keys.push_back(key);
    bytes_ += key.size() + kEntityOverhead;
  }
  if (missing.empty()) return;
  auto states = store.get_many(keys);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (!states[i]) continue;
    Entity& entity = *missing[i];
    entity.members = decode(reports_[entity.report], *states[i]);
    entity.committed = std::move(*states[i]);
    bytes_ += 2 * entity.committed.size() + entity.members.size() * kMemberOverhead;
  }
}

void EntityFold::apply(const std::vector<Delta>& deltas, const StateStore& store) {
  std::vector<std::pair<std::string, std::size_t>> keys;
  keys.reserve(deltas.size());
  for (const Delta& delta : deltas) {
    if (delta.kind != DeltaKind::kMember) throw Unsafe("a change of a group came to the entities");
    std::string key(1, 'e');
    ByteWriter(key).string(delta.report);
    key.append(delta.group);
    keys.emplace_back(std::move(key), report_named(delta.report));
  }
  load_entities(keys, store);
  for (std::size_t i = 0; i < deltas.size(); ++i) {
    Members& members = entities_.find(keys[i].first)->second->members;
    const auto [found, fresh] = members.try_emplace(std::string(deltas[i].payload), 0);
    if (fresh) bytes_ += deltas[i].payload.size() + kMemberOverhead;
    found->second += deltas[i].weight;
    if (found->second == 0) members.erase(found);
  }
}

EntityFold::Members EntityFold::decode(const Report& report, std::string_view state) const {
  Members members;
  ByteCursor reader(state);
  const std::uint8_t format = state.empty() ? kFormat : reader.u8();
  while (reader.ok() && !reader.at_end()) {
    const std::string_view payload = reader.string();
    members.emplace_hint(members.end(), payload, reader.signed_varint());
  }
  if (format != kFormat || !reader.ok()) {
    throw Unsafe("the state of an entity of report '" + report.spec->name +
                 "' was written by another version of the program");
  }
  return members;
}

std::string EntityFold::encode(const Entity& entity) const {
  std::string out;
  if (entity.members.empty()) return out;
  ByteWriter writer(out);
  writer.u8(kFormat);
  for (const auto& [payload, weight] : entity.members) {
    if (weight < 0) {
      throw Unsafe("an entity of report '" + reports_[entity.report].spec->name +
                   "' holds a row less than no times; its deltas contradict each other");
    }
    writer.string(payload);
    writer.signed_varint(weight);
  }
  return out;
}

void EntityFold::derive(Entity& entity, const Members& members, std::int64_t sign) {
  std::vector<Member> rows;
  rows.reserve(members.size());
  for (const auto& [payload, weight] : members) rows.push_back({payload, weight});
  reports_[entity.report].derivation.derive(
      rows, [&](std::span<const Cell> row, std::int64_t weight) {
        groups_->add(entity.report, {row, {}}, sign * weight);
      });
}

Fold::Outcome EntityFold::outcome(const Transaction& transaction, const StateStore& /*store*/) {
  Outcome out;
  for (auto& [key, entity] : entities_) {
    std::string state = encode(*entity);
    if (state == entity->committed) continue;
    derive(*entity, decode(reports_[entity->report], entity->committed), -1);
    derive(*entity, entity->members, 1);
    out.state.push_back({key, state.empty() ? std::nullopt : std::optional(std::move(state))});
  }
  std::ranges::sort(out.state, {}, &StateStore::Write::key);
  std::vector<FrameWriter> partitions(static_cast<std::size_t>(dataset_.partitions));
  groups_->take(partitions);
  FrameHead head;
  head.task = transaction.task;
  head.transaction = transaction.number;
  head.input_from = transaction.input_from;
  head.input_to = transaction.input_to;
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    for (std::string& frame : partitions[p].finish(head)) {
      out.messages.push_back(
          {topic_, static_cast<std::int32_t>(p), transaction.task, std::move(frame), false});
    }
  }
  return out;
}

void EntityFold::settle() {
  entities_.clear();
  bytes_ = 0;
}

}  // namespace sluice::transform
