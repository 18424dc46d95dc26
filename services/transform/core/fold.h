#pragma once
// What a FoldTask folds its input into, and what comes of it: the part of stage 2 and of the entities'
// stage that differs. Reads the local store; what it would write there it returns, because a store is
// written only after the commit.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/model/delta_frame.h"
#include "common/ports/state_store.h"

namespace sluice::transform {

class Fold {
 public:
  virtual ~Fold() = default;

  // The store is restored; called once, before apply().
  virtual void load(const StateStore& /*store*/) {}
  // Takes one batch. Unsafe if the deltas are of no report here.
  virtual void apply(const std::vector<Delta>& deltas, const StateStore& store) = 0;

  // What the open transaction is: its number, and the input it covers.
  struct Transaction {
    std::string task;
    std::uint64_t number = 0;
    std::int64_t input_from = 0;
    std::int64_t input_to = 0;
  };
  struct Message {
    std::string topic;
    std::int32_t partition = 0;
    std::string key;
    std::string value;
    bool tombstone = false;
  };
  struct Outcome {
    std::vector<StateStore::Write> state;  // in byte order of the keys
    std::vector<Message> messages;
    std::map<std::string, std::uint64_t> changed;  // rows by report, for metrics
  };
  // Of all that was applied since the last settle(). Unsafe if a group holds less than nothing.
  virtual Outcome outcome(const Transaction& transaction, const StateStore& store) = 0;
  // The outcome is committed and in the store.
  virtual void settle() = 0;
  // Memory held.
  virtual std::size_t bytes() const = 0;
};

}  // namespace sluice::transform
