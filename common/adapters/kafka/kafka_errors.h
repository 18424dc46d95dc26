#pragma once
// What a librdkafka error means for a task. Only for .cc files of this folder.

#include <string>

#include "common/adapters/kafka/handles.h"
#include "common/base/error.h"

namespace sluice::kafka {

// True if the error says that a newer owner of the transactional id exists.
bool is_fencing(rd_kafka_resp_err_t code);

// Throws Fenced, Unsafe (a message that can never be sent) or TaskBroken, with a sentence: what was
// tried, and librdkafka's reason.
[[noreturn]] void throw_error(const std::string& what, rd_kafka_resp_err_t code,
                              const char* reason);

}  // namespace sluice::kafka
