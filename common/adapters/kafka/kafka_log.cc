#include "common/adapters/kafka/kafka_log.h"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <mutex>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/kafka_admin.h"
#include "common/adapters/kafka/kafka_errors.h"
#include "common/adapters/kafka/log_reader.h"
#include "common/adapters/kafka/transactional_producer.h"

namespace sluice::kafka {
namespace {

constexpr int kSendTimeoutMs = 30'000;
constexpr std::chrono::seconds kCountKeptFor{30};

class KafkaPlainProducer final : public PlainProducer {
 public:
  explicit KafkaPlainProducer(const KafkaSettings& settings) {
    Handle<rd_kafka_conf_t> conf = make_conf(properties_for(Purpose::kPlainProducer, settings));
    rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivery);
    client_ = make_client(RD_KAFKA_PRODUCER, std::move(conf));
  }

  std::int64_t send(const std::string& topic, std::int32_t partition,
                    const OutgoingRecord& record) override {
    Delivery delivery;
    const rd_kafka_resp_err_t code = rd_kafka_producev(
        client_.get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(payload_of(record), record.tombstone ? 0 : record.value.size()),
        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
        RD_KAFKA_V_TIMESTAMP(timestamp_of(record)), RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw_error("sending to " + topic, code, nullptr);
    // message.timeout.ms ends the wait: the report always comes.
    while (!delivery.done) rd_kafka_poll(client_.get(), kSendTimeoutMs);
    if (delivery.error != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw_error("sending to " + topic, delivery.error, nullptr);
    return delivery.offset;
  }

 private:
  struct Delivery {
    bool done = false;
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    std::int64_t offset = -1;
  };
  static void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
    auto* delivery = static_cast<Delivery*>(message->_private);
    delivery->done = true;
    delivery->error = message->err;
    delivery->offset = message->offset;
  }

  Handle<rd_kafka_t> client_;
};

}  // namespace

std::unique_ptr<TransactionalProducer> KafkaLog::transactional_producer(
    const std::string& transactional_id) {
  return std::make_unique<KafkaTransactionalProducer>(settings_, transactional_id);
}

std::unique_ptr<PlainProducer> KafkaLog::plain_producer() {
  return std::make_unique<KafkaPlainProducer>(settings_);
}

struct KafkaLog::Shared {
  struct Known {
    std::int32_t count;
    std::chrono::steady_clock::time_point until;
  };
  std::mutex mutex;
  // Each made at the first question.
  std::unique_ptr<KafkaAdmin> admin;
  std::shared_ptr<EndsClient> ends;
  // Tasks ask at every commit, so the answer is kept; not for ever, so that a topic that was deleted
  // is noticed.
  std::map<std::string, Known> known;
};

KafkaLog::KafkaLog(KafkaSettings settings)
    : settings_(std::move(settings)), shared_(std::make_unique<Shared>()) {}

KafkaLog::~KafkaLog() = default;

std::unique_ptr<LogReader> KafkaLog::reader() {
  const std::lock_guard lock(shared_->mutex);
  if (!shared_->ends || shared_->ends->failed()) {
    shared_->ends = std::make_shared<EndsClient>(settings_);
  }
  return std::make_unique<KafkaLogReader>(settings_, shared_->ends);
}

std::int32_t KafkaLog::partition_count(const std::string& topic) {
  const std::lock_guard lock(shared_->mutex);
  const auto now = std::chrono::steady_clock::now();
  const auto found = shared_->known.find(topic);
  if (found != shared_->known.end() && now < found->second.until) return found->second.count;
  if (!shared_->admin) shared_->admin = std::make_unique<KafkaAdmin>(settings_);
  const std::int32_t count = shared_->admin->partition_count(topic);
  if (count == 0) {
    throw Unsafe(fmt::format(
        "there is no topic {}; the service that writes it creates it at its start", topic));
  }
  shared_->known[topic] = {count, now + kCountKeptFor};
  return count;
}

}  // namespace sluice::kafka
