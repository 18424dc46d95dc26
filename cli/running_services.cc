#include "cli/running_services.h"

#include <algorithm>
#include <optional>

#include "cli/rest.h"
#include "common/adapters/http/client.h"

namespace sluice::cli {
namespace {

constexpr int kServices = 4;
// They are on this machine, and may be frozen.
constexpr auto kPatience = std::chrono::seconds(2);

std::optional<Json> readiness_of(std::uint16_t port) {
  const auto answer = http::get("127.0.0.1", port, "/readyz", {}, kPatience);
  if (!answer) return std::nullopt;
  Json out = Json::parse(answer->body, nullptr, false);
  return out.is_object() ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

int show_reasons(std::uint16_t port) {
  const auto readiness = readiness_of(port);
  if (!readiness) return 1;
  for (const std::string& reason : reasons_of(*readiness)) print(reason + "\n");
  return 0;
}

std::vector<std::string> refused_definitions(std::uint16_t port_base) {
  std::vector<std::string> out;
  for (int i = 0; i < kServices; ++i) {
    const auto readiness = readiness_of(static_cast<std::uint16_t>(port_base + i));
    if (!readiness) continue;
    for (std::string& sentence : definitions_of(*readiness)) {
      if (std::ranges::find(out, sentence) == out.end()) out.push_back(std::move(sentence));
    }
  }
  return out;
}

int show_refused_definitions(std::uint16_t port_base) {
  for (const std::string& sentence : refused_definitions(port_base)) print(sentence + "\n");
  return 0;
}

}  // namespace sluice::cli
