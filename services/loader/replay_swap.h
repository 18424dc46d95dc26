#pragma once
// The end of a replay in PostgreSQL: what differs, and one transaction in which the new generation becomes the report, or
// is thrown away.

#include <memory>
#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "common/definition/definition.h"
#include "common/model/topics.h"
#include "services/loader/core/replay_plan.h"

namespace sluice::loader {

// The two generations, and whose rows are loaded as `app`.
struct Contenders {
  std::shared_ptr<const Dataset> live, next;
  int live_number = 1;
  Topics live_topics, next_topics;
  std::string app;
};

// By report, as JSON: {"reports":[{"report":"monthly","rows_before":2,"rows_after":3,"added":1,"removed":0,"changed":1,
// "rows":[…]},…]}. Of one whose key has another meaning only the rows are counted.
std::string difference(postgres::Connection& connection, const Contenders& contenders, bool partial);

// True if it is done; false if another has moved the replay on. Throws SqlError where the tables are in use for long, or
// something of somebody else's hangs on them.
bool swap(postgres::Connection& connection, const Replay& replay, const Contenders& contenders);
// The live one stays: as `outcome`, dropped or failed.
bool drop(postgres::Connection& connection, const Replay& replay, const Contenders& contenders,
          const std::string& outcome, const std::string& error);

// What a loser leaves in the broker.
struct Garbage {
  std::vector<std::string> topics, groups;
};
std::string to_json(const Garbage& garbage);
Garbage garbage_from_json(const std::string& json);

}  // namespace sluice::loader
