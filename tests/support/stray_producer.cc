#include "tests/support/stray_producer.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/crc.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "common/adapters/kafka/client_config.h"
#include "common/adapters/kafka/handles.h"

namespace sluice::testing {
namespace {

constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kFindCoordinator = 10;
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kProduceVersion = 3;
constexpr std::int16_t kFindVersion = 1;
constexpr std::int16_t kInitVersion = 1;
// COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, CONCURRENT_TRANSACTIONS
bool is_passing(std::int16_t error) { return error == 14 || error == 15 || error == 16 || error == 51; }

template <typename Int>
std::string big_endian(Int value) {
  std::string out(sizeof value, '\0');
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * (sizeof value - 1 - i)) & 0xFF);
  }
  return out;
}
std::string i16(std::int16_t v) { return big_endian(v); }
std::string i32(std::int32_t v) { return big_endian(v); }
std::string i64(std::int64_t v) { return big_endian(v); }
std::string text(const std::string& s) { return i16(static_cast<std::int16_t>(s.size())) + s; }
std::string bytes(const std::string& s) { return i32(static_cast<std::int32_t>(s.size())) + s; }

std::string varint(std::int64_t value) {
  auto zigzag = static_cast<std::uint64_t>(value << 1 ^ value >> 63);
  std::string out;
  for (; zigzag > 0x7F; zigzag >>= 7) out += static_cast<char>((zigzag & 0x7F) | 0x80);
  return out + static_cast<char>(zigzag);
}
std::string varbytes(const std::string& s) { return varint(static_cast<std::int64_t>(s.size())) + s; }

// Big-endian integers of an answer, in their order.
class Answer {
 public:
  explicit Answer(std::string bytes) : bytes_(std::move(bytes)) {}
  std::int64_t integer(std::size_t size) {
    if (bytes_.size() - at_ < size) throw std::runtime_error("the broker's answer is too short");
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < size; ++i) out = out << 8 | static_cast<unsigned char>(bytes_[at_ + i]);
    at_ += size;
    const unsigned unused = 64 - static_cast<unsigned>(8 * size);
    return static_cast<std::int64_t>(out << unused) >> unused;
  }
  void skip(std::size_t size) { at_ = std::min(bytes_.size(), at_ + size); }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

std::string batch(std::int64_t producer_id, std::int16_t epoch, const std::string& key, const std::string& value) {
  const std::string message = std::string(1, '\0') + varint(0) + varint(0) + varbytes(key) + varbytes(value) + varint(0);
  constexpr std::int16_t kTransactional = 0x10;
  const std::string checked = i16(kTransactional) + i32(0) + i64(1'000) + i64(1'000) + i64(producer_id) + i16(epoch) +
                              i32(0) + i32(1) + varbytes(message);
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(checked.data(), checked.size());
  const std::string rest = i32(-1) + std::string(1, '\2') + i32(static_cast<std::int32_t>(crc.checksum())) + checked;
  return i64(0) + bytes(rest);
}

}  // namespace

StrayProducer::StrayProducer(const std::string& broker, const std::string& transactional_id)
    : transactional_id_(transactional_id), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const std::size_t colon = broker.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(broker.substr(colon + 1))));
  const timeval patience{10, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::inet_pton(AF_INET, broker.substr(0, colon).c_str(), &address.sin_addr) != 1 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("no connection to " + broker);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    // A new broker has no coordinators until one is asked for.
    constexpr char kOfTransactions = 1;
    call(kFindCoordinator, kFindVersion, text(transactional_id) + std::string(1, kOfTransactions));
    Answer answer(call(kInitProducerId, kInitVersion, text(transactional_id) + i32(60'000)));
    answer.skip(4);
    const auto error = static_cast<std::int16_t>(answer.integer(2));
    producer_id_ = answer.integer(8);
    epoch_ = static_cast<std::int16_t>(answer.integer(2));
    if (error == 0) return;
    if (!is_passing(error) || std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("no producer id: Kafka error " + std::to_string(error));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

StrayProducer::~StrayProducer() { ::close(socket_); }

void StrayProducer::write(const std::string& topic, std::int32_t partition, const std::string& key,
                          const std::string& value) {
  if (const auto error = try_write(topic, partition, key, value); error != 0) {
    throw std::runtime_error("not written: Kafka error " + std::to_string(error));
  }
}

std::int16_t StrayProducer::try_write(const std::string& topic, std::int32_t partition, const std::string& key,
                                      const std::string& value) {
  const std::string body = text(transactional_id_) + i16(-1) + i32(10'000) + i32(1) + text(topic) + i32(1) +
                           i32(partition) + bytes(batch(producer_id_, epoch_, key, value));
  Answer answer(call(kProduce, kProduceVersion, body));
  answer.skip(4 + 2 + topic.size() + 4 + 4);
  return static_cast<std::int16_t>(answer.integer(2));
}

std::string StrayProducer::call(std::int16_t api_key, std::int16_t version, const std::string& body) {
  const std::string request = bytes(i16(api_key) + i16(version) + i32(1) + text("stray") + body);
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    throw std::runtime_error("the broker takes no request");
  }
  const auto read = [this](std::size_t size) {
    std::string out(size, '\0');
    if (::recv(socket_, out.data(), size, MSG_WAITALL) != static_cast<ssize_t>(size)) {
      throw std::runtime_error("the broker gives no answer");
    }
    return out;
  };
  const auto size = static_cast<std::size_t>(Answer(read(4)).integer(4));
  return read(size).substr(4);  // behind the request's number
}

void verify_partitions(const std::string& broker, bool on) {
  using namespace kafka;
  KafkaSettings settings;
  settings.brokers = broker;
  const auto client = make_client(RD_KAFKA_PRODUCER, make_conf(properties_for(Purpose::kAdmin, settings)));
  const std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)> queue(
      rd_kafka_queue_new(client.get()), rd_kafka_queue_destroy);
  rd_kafka_ConfigResource_t* node = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, "1");
  rd_kafka_ConfigResource_set_config(node, "transaction.partition.verification.enable", on ? "true" : "false");
  rd_kafka_AlterConfigs(client.get(), &node, 1, nullptr, queue.get());
  rd_kafka_ConfigResource_destroy(node);
  const std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)> answer(
      rd_kafka_queue_poll(queue.get(), 20'000), rd_kafka_event_destroy);
  if (!answer) throw std::runtime_error("the broker's settings could not be changed");
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results =
      rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_ConfigResource_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      throw std::runtime_error(rd_kafka_ConfigResource_error_string(results[i]));
    }
  }
}

}  // namespace sluice::testing
