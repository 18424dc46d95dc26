#pragma once
// The entities' fold: keeps all rows of each entity of the reports that are derived from them, and sends on
// what the change of an entity means for the reports' groups: what its derivation gives now, less what it
// gave before.
//
//   'e' report:string entity   format:u8 { payload:string weight:signed }*

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "services/transform/core/derivation.h"
#include "services/transform/core/fold.h"
#include "services/transform/core/group_deltas.h"
#include "services/transform/core/string_map.h"

namespace sluice::transform {

class EntityFold final : public Fold {
 public:
  // The dataset outlives this.
  EntityFold(const Dataset& dataset, const Topics& topics);

  void apply(const std::vector<Delta>& deltas, const StateStore& store) override;
  Outcome outcome(const Transaction& transaction, const StateStore& store) override;
  void settle() override;
  std::size_t bytes() const override { return bytes_; }

 private:
  using Members = std::map<std::string, std::int64_t, std::less<>>;  // payload -> weight
  struct Entity {
    std::size_t report = 0;
    std::string committed;  // encoded
    Members members;
  };
  struct Report {
    const ReportSpec* spec;
    Derivation derivation;
  };
  std::size_t report_named(std::string_view name) const;
  void load_entities(const std::vector<std::pair<std::string, std::size_t>>& wanted, const StateStore& store);
  Members decode(const Report& report, std::string_view state) const;
  std::string encode(const Entity& entity) const;
  void derive(Entity& entity, const Members& members, std::int64_t sign);

  const Dataset& dataset_;
  std::string topic_;  // of deltas
  std::vector<Report> reports_;
  StringMap<std::unique_ptr<Entity>> entities_;  // of the open transaction, by state key
  std::unique_ptr<GroupDeltas> groups_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::transform
