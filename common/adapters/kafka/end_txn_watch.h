#pragma once
// Counts the EndTxn requests of one producer. librdkafka repeats a commit or abort whose answer did
// not come with the same producer epoch; the first, delayed request can then end a *later*
// transaction (KAFKA-14402, KIP-890; Jepsen's "torn transactions"). A transaction that took exactly
// one request and saw no error leaves nothing behind that could still arrive. Any other is followed
// by a new producer epoch (see transactional_producer.cc).
//
// Uses librdkafka's interceptors, which run on its threads.

#include <atomic>
#include <cstdint>

#include "common/adapters/kafka/handles.h"

namespace sluice::kafka {

class EndTxnWatch {
 public:
  // Installs the interceptors into a producer's configuration. The watch outlives the producer.
  void install(rd_kafka_conf_t* conf);

  void reset() {
    sent_ = 0;
    failed_ = 0;
  }
  // Sent once, and no error seen.
  bool clean() const { return sent_ <= 1 && failed_ == 0; }

 private:
  static rd_kafka_resp_err_t on_new(rd_kafka_t* client, const rd_kafka_conf_t* conf, void* opaque,
                                    char* problem, std::size_t problem_size);
  static rd_kafka_resp_err_t on_sent(rd_kafka_t* client, int socket, const char* broker,
                                     std::int32_t broker_id, std::int16_t api_key,
                                     std::int16_t api_version, std::int32_t correlation,
                                     std::size_t size, void* opaque);
  static rd_kafka_resp_err_t on_response(rd_kafka_t* client, int socket, const char* broker,
                                         std::int32_t broker_id, std::int16_t api_key,
                                         std::int16_t api_version, std::int32_t correlation,
                                         std::size_t size, std::int64_t round_trip_micros,
                                         rd_kafka_resp_err_t error, void* opaque);

  std::atomic<int> sent_{0};
  std::atomic<int> failed_{0};
};

}  // namespace sluice::kafka
