#pragma once
// SLUICE_CHECK(condition, "why it must hold"): a failed check is a bug; it ends the process in
// every build, because crash-only software recovers better from a stop than from a wrong number.

#include <cstdio>
#include <cstdlib>

#define SLUICE_CHECK(condition, why)                                                               \
  do {                                                                                             \
    if (!(condition)) [[unlikely]] {                                                               \
      std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", __FILE__, __LINE__, #condition, why); \
      std::abort();                                                                                \
    }                                                                                              \
  } while (false)
