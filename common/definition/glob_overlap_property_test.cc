#include "common/definition/glob_overlap.h"

#include <algorithm>
#include <vector>

#include <fnmatch.h>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace sluice {
namespace {

// Every name of up to four letters is tried.
RC_GTEST_PROP(GlobOverlap, AgreesWithTryingAllNames, ()) {
  const auto glob = [] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "b", ".", "*", "?", "[ab]", "[!a]", "[.b]"));
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(parts.size(), 4); ++i) out += parts[i];
    return out;
  };
  const std::string a = glob(), b = glob();
  const auto takes = [](const std::string& pattern, const std::string& name) {
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
  };
  std::optional<std::size_t> shortest;
  std::vector<std::string> names = {""};
  for (std::size_t size = 1; size <= 4 && !shortest; ++size) {
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      for (const char c : {'a', 'b', 'c', '.'}) {
        if (name.empty() && c == '.') continue;
        longer.push_back(name + c);
        if (takes(a, longer.back()) && takes(b, longer.back())) shortest = size;
      }
    }
    names = std::move(longer);
  }
  const auto found = name_in_both(a, b);
  if (found) {
    RC_ASSERT(takes(a, *found) && takes(b, *found));
  }
  // Longer ones than were tried may be needed: "?*a?" with "b?b?*".
  if (shortest || (found && found->size() <= 4)) {
    RC_ASSERT(found && shortest && found->size() == *shortest);
  }
}

}  // namespace
}  // namespace sluice
