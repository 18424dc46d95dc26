#pragma once
// What a fuzz target asserts. A broken law ends the process with a sentence, in every build, so that libFuzzer
// and the replay of the corpus both see it.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace sluice::fuzz {

[[noreturn]] inline void broken(const char* file, int line, const char* law, const char* condition) {
  std::fprintf(stderr, "%s:%d: broken law: %s\n  %s\n", file, line, law, condition);
  std::abort();
}

}  // namespace sluice::fuzz

#define LAW(sentence, condition) \
  ((condition) ? static_cast<void>(0) : ::sluice::fuzz::broken(__FILE__, __LINE__, sentence, #condition))
