#pragma once
// Log over librdkafka. Thread-safe; what it makes is used by one thread each.

#include <memory>
#include <string>

#include "common/config/settings.h"
#include "common/ports/log.h"

namespace sluice::kafka {

class KafkaLog final : public Log {
 public:
  explicit KafkaLog(KafkaSettings settings);
  ~KafkaLog() override;

  std::unique_ptr<TransactionalProducer> transactional_producer(
      const std::string& transactional_id) override;
  std::unique_ptr<PlainProducer> plain_producer() override;
  std::unique_ptr<LogReader> reader() override;
  std::int32_t partition_count(const std::string& topic) override;

 private:
  struct Shared;
  KafkaSettings settings_;
  std::unique_ptr<Shared> shared_;
};

}  // namespace sluice::kafka
