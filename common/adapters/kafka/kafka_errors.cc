#include "common/adapters/kafka/kafka_errors.h"

#include <fmt/format.h>

namespace sluice::kafka {

bool is_fencing(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

void throw_error(const std::string& what, rd_kafka_resp_err_t code, const char* reason) {
  const std::string sentence =
      fmt::format("{}: {} ({})", what, reason == nullptr ? rd_kafka_err2str(code) : reason,
                  rd_kafka_err2name(code));
  if (is_fencing(code)) throw Fenced(sentence);
  // Another try sends the same message.
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) throw Unsafe(sentence);
  throw TaskBroken(sentence);
}

}  // namespace sluice::kafka
