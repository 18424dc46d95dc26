#pragma once
// The text side of answers: the head's bytes, and what every answer carries.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/adapters/http/server.h"

namespace sluice::http {

std::string_view reason_phrase(int status);

// Status line and headers up to the empty line. Adds Content-Length (of the body, also for HEAD),
// Date, nosniff, and no-store and a closed content policy unless the response sets its own. Control
// characters in header values become spaces, so a value can never start a new header.
std::string head_of(const Response& response, bool keep_alive, std::int64_t unix_seconds);

// Adds "instance" (the request's path) and "request_id" to a problem's body, so that an error a
// user sends us can be found in the log.
void complete_problem(Response& response, std::string_view path, std::string_view request_id);

// A client's X-Request-Id goes back (and to the log) only if it is short and plain.
bool is_plain_id(std::string_view text);

// The trace id of a W3C traceparent; empty if it is malformed or all zeros.
std::string trace_id_of(std::string_view traceparent);

}  // namespace sluice::http
