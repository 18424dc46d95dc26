#pragma once
// A stack's settings on the broker and database of this ctest run: its own topics, its own database.

#include "tests/support/environment.h"
#include "tests/support/stack.h"

namespace sluice::testing {

inline StackSettings fresh_stack_settings() {
  return {test_environment().kafka, fresh_database(), fresh_prefix(), bookings_definition()};
}

}  // namespace sluice::testing
