#include "common/adapters/kafka/end_txn_watch.h"

namespace sluice::kafka {
namespace {

constexpr std::int16_t kEndTxn = 26;
constexpr const char* kName = "end-txn-watch";

}  // namespace

void EndTxnWatch::install(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, kName, on_new, this);
}

rd_kafka_resp_err_t EndTxnWatch::on_new(rd_kafka_t* client, const rd_kafka_conf_t*, void* opaque,
                                        char*, std::size_t) {
  rd_kafka_interceptor_add_on_request_sent(client, kName, on_sent, opaque);
  return rd_kafka_interceptor_add_on_response_received(client, kName, on_response, opaque);
}

rd_kafka_resp_err_t EndTxnWatch::on_sent(rd_kafka_t*, int, const char*, std::int32_t,
                                         std::int16_t api_key, std::int16_t, std::int32_t,
                                         std::size_t, void* opaque) {
  if (api_key == kEndTxn) ++static_cast<EndTxnWatch*>(opaque)->sent_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t EndTxnWatch::on_response(rd_kafka_t*, int, const char*, std::int32_t,
                                             std::int16_t api_key, std::int16_t, std::int32_t,
                                             std::size_t, std::int64_t, rd_kafka_resp_err_t error,
                                             void* opaque) {
  if (api_key == kEndTxn && error != RD_KAFKA_RESP_ERR_NO_ERROR)
    ++static_cast<EndTxnWatch*>(opaque)->failed_;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace sluice::kafka
