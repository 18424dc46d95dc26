#pragma once
// Which partition a key belongs to: murmur2 as Kafka's Java clients compute it
// (org.apache.kafka.common.utils.Utils.murmur2), so that kcat, Java tools and we agree. Routing,
// state and tests share this one function; librdkafka's own partitioner is never used.

#include <cstdint>
#include <string_view>

namespace sluice {

std::uint32_t murmur2(std::string_view key);

inline std::int32_t partition_of(std::string_view key, std::int32_t partition_count) {
  return static_cast<std::int32_t>((murmur2(key) & 0x7fffffffU) %
                                   static_cast<std::uint32_t>(partition_count));
}

}  // namespace sluice
