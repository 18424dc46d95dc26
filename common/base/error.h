#pragma once
// Errors, in three kinds that are never mixed:
//  - bad data is a value (a dead letter, a tl::expected) and never an exception;
//  - the environment failing is an exception of this file; what to do is in its type;
//  - a bug is a failed CHECK and ends the process.

#include <stdexcept>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace sluice {

// What went wrong, where, and what to do about it, in one plain sentence.
struct Error {
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

// The unit of work (a task, a transaction) is broken: its uncommitted work is void. The owner
// destroys it and starts it again through the ordinary start, which reads what was committed.
// Also thrown when the outcome of a commit is unknown: the restart reads the truth.
class TaskBroken : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Another instance owns this work now. Drop it; do not retry.
class Fenced : public TaskBroken {
 public:
  using TaskBroken::TaskBroken;
};

// Going on would give a wrong number (torn transaction, log truncated, changed partition count).
// The pipeline stops, says so, and waits for a person. Never retried automatically.
class Unsafe : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The start-up configuration is wrong. Thrown once, caught in main, printed, exit code 2.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace sluice
