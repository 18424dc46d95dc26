#pragma once
// Writes transactional messages to a broker without telling its transaction coordinator: what a late request
// leaves behind, a transaction that is open in a partition and that nobody will end. No client library does
// that, so it speaks the protocol itself (kafka.apache.org/protocol; a batch is of message format 2).
//
// The broker must not verify partitions (transaction.partition.verification.enable=false, which
// verify_partitions() sets; dynamic).

#include <cstdint>
#include <string>

namespace sluice::testing {

inline constexpr std::int16_t kInvalidProducerEpoch = 47;

class StrayProducer {
 public:
  // Takes a producer id and epoch from the coordinator, as a producer of this transactional id does.
  // `broker`: host:port, the only one there is. Throws where it does not answer within seconds.
  StrayProducer(const std::string& broker, const std::string& transactional_id);
  ~StrayProducer();
  StrayProducer(const StrayProducer&) = delete;
  StrayProducer& operator=(const StrayProducer&) = delete;

  // One message to a partition; the broker's error code, 0 if it took it.
  std::int16_t try_write(const std::string& topic, std::int32_t partition, const std::string& key,
                         const std::string& value);
  // Throws unless it took it.
  void write(const std::string& topic, std::int32_t partition, const std::string& key, const std::string& value);

  std::int64_t producer_id() const { return producer_id_; }

 private:
  std::string call(std::int16_t api_key, std::int16_t version, const std::string& body);

  std::string transactional_id_;
  int socket_ = -1;
  std::int64_t producer_id_ = -1;
  std::int16_t epoch_ = -1;
};

// Of all brokers, until it is set again.
void verify_partitions(const std::string& broker, bool on);

}  // namespace sluice::testing
