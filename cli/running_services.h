#pragma once
// What the services that run say about themselves at /readyz.

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::cli {

// For the launcher's status: what the service on this port is not ready for, a line each; nothing if it is
// ready. Exit code 1: it does not answer.
int show_reasons(std::uint16_t port);

// Definitions that are refused, or not in force as they stand, by any service that runs on the four ports
// from `port_base`; each sentence once.
std::vector<std::string> refused_definitions(std::uint16_t port_base);

// The same for the launcher's status, a line each.
int show_refused_definitions(std::uint16_t port_base);

}  // namespace sluice::cli
