#pragma once
// The usual stack of a test: the bookings definition, on this run's broker and database.

#include "tests/support/environment.h"
#include "tests/support/stack.h"

namespace sluice::testing {

inline StackSettings fresh_stack_settings() {
  return {test_environment().kafka, fresh_database(), fresh_prefix(), bookings_definition()};
}

}  // namespace sluice::testing
