#pragma once
// A small dataset for the tests of this folder.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "common/definition/definition_parser.h"

namespace sluice::transform::testing {

inline std::shared_ptr<Dataset> dataset_of(const std::string& yaml,
                                           const std::vector<Dataset>& others = {}) {
  auto parsed = parse_definition(yaml, "schemas/test.yaml", others);
  if (!parsed) {
    for (const DefinitionError& error : parsed.error()) ADD_FAILURE() << to_string(error);
    return nullptr;
  }
  return std::make_shared<Dataset>(*std::move(parsed));
}

// visits: id (key), place, guests (may be null), amount + amount_currency, day (event time). Reports:
// `monthly` by place and month: visits, guests, amount, currency; `places` by place: visits, guests.
inline std::shared_ptr<Dataset> visits(std::int32_t partitions = 2) {
  return dataset_of("dataset: visits\npartitions: " + std::to_string(partitions) + R"(
source: { files: "visits*.csv" }
format: csv
key: id
event_time: day
fields:
  id:     { type: string, required: true }
  place:  { type: string, required: true }
  guests: { type: integer }
  amount: { type: money, required: true }
  day:    { type: date, required: true }
reports:
  monthly:
    group_by: [place]
    window: { tumbling: month, name: month, format: "%Y_%m" }
    measures: { visits: count, guests: sum(guests), amount: sum(amount) }
  places:
    group_by: [place]
    measures: { visits: count, guests: sum(guests) }
)");
}

}  // namespace sluice::transform::testing
