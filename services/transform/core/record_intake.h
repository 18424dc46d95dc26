#pragma once
// Reads a message of a records topic into what stage 1 decides on, or says why it cannot be a record.
// Anyone may write to the topic, so nothing is taken for granted. One thread uses one object.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "common/model/cell.h"
#include "common/model/dead_letter.h"
#include "common/model/origin.h"
#include "common/ports/log.h"
#include "services/transform/core/projection.h"
#include "services/transform/core/record_reader.h"
#include "services/transform/core/record_state.h"


namespace sluice::transform {

class RecordIntake {
 public:
  // Dataset and projection outlive this. `partition` is the task's.
  RecordIntake(const Dataset& dataset, const Projection& projection, std::int32_t partition);

  struct Poison {
    std::string column;  // empty: the message as a whole
    std::string rule;    // "key", "partition", "origin", "json" or a rule of the record's reader
    std::string reason;
  };
  // nullopt: the message is a record and the accessors below tell it, until the next read().
  std::optional<Poison> read(const LogRecord& message);

  const IncomingRecord& record() const { return record_; }
  // Empty if the message names none. Readable for poison too, unless its origin is what is wrong.
  const std::optional<Origin>& origin() const { return origin_; }
  // nullopt for a deletion or a null event time.
  std::optional<Instant> event_time() const { return event_time_; }

 private:
  std::optional<Poison> read_identity(const LogRecord& message);
  std::optional<Poison> read_content(const LogRecord& message);
  bool key_matches(std::string_view key);

  const Dataset& dataset_;
  const Projection& projection_;
  std::int32_t partition_;
  RecordReader reader_;
  std::vector<Cell> cells_;
  std::string content_;     // scratch
  std::string kept_;        // scratch: the projection's bytes
  std::string key_;         // scratch
  IncomingRecord record_;
  std::optional<Origin> origin_;
  std::optional<Instant> event_time_;
};

// The dead letter of a message that is not a record.
DeadLetter dead_letter_of(const Dataset& dataset, const TopicPartition& from,
                          const LogRecord& message, const std::optional<Origin>& origin,
                          const RecordIntake::Poison& poison);

}  // namespace sluice::transform
