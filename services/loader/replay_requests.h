#pragma once
// Replays and generations as rows of _sluice.replays and _sluice.generations. The api adds replays, the leading loader
// changes them; at most one of a dataset is under way.

#include <map>
#include <string>
#include <vector>

#include "common/adapters/postgres/connection.h"
#include "common/definition/definition.h"
#include "common/model/generations.h"
#include "services/loader/core/replay_plan.h"

namespace sluice::loader {

// Of every dataset that has any: the live one, that which is built, the cut. Empty where the tables are not made yet.
GenerationsByDataset read_generations(postgres::Connection& connection);
// Generation 1 of a dataset is the report, by this definition, unless something is known of it.
void note_first_generation(postgres::Connection& connection, const Dataset& dataset);

// Those that are under way.
std::vector<Replay> read_replays(postgres::Connection& connection);
// Asks for the rebuild of a dataset by a definition that has changed, unless one is under way, or one by this definition
// has failed in the last ten minutes. Returns whether it did.
bool request_rebuild(postgres::Connection& connection, const Dataset& changed);

// Each moves the replay on only from where it is: false, and nothing is done, if another has moved it.
bool note_building(postgres::Connection& connection, const Replay& replay, const Generation& generation);
bool note_cut(postgres::Connection& connection, const Replay& replay);
bool note_cut_given_up(postgres::Connection& connection, const Replay& replay);
bool note_compared(postgres::Connection& connection, const Replay& replay, const std::string& difference);
// In a transaction of the caller's: the dataset's cut is decided; what the loser leaves is `garbage`.
bool note_decided(postgres::Connection& connection, const Replay& replay, const std::string& outcome,
                  const std::string& garbage, const std::string& error);
void note_progress(postgres::Connection& connection, const Replay& replay, const std::string& progress);
void note_ended(postgres::Connection& connection, const Replay& replay);
std::string garbage_of(postgres::Connection& connection, const Replay& replay);
// The next number of a generation of the dataset; none is used twice.
int next_generation(postgres::Connection& connection, const std::string& dataset);

}  // namespace sluice::loader
