#pragma once
// A hash map by byte strings that is asked with views, so that looking up costs no allocation. Its order
// is arbitrary: whatever leaves a task is sorted first.

#include <string>
#include <string_view>

#include <boost/unordered/unordered_flat_map.hpp>
#include <xxhash.h>

namespace sluice::transform {

struct BytesHash {
  using is_transparent = void;
  using is_avalanching = void;
  std::size_t operator()(std::string_view bytes) const {
    return XXH3_64bits(bytes.data(), bytes.size());
  }
};
struct BytesEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

template <typename Value>
using StringMap = boost::unordered_flat_map<std::string, Value, BytesHash, BytesEqual>;

}  // namespace sluice::transform
