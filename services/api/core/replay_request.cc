#include "services/api/core/replay_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sluice::api {
namespace {

using Json = nlohmann::json;

constexpr const char* kFrom =
    "\"from\" is \"beginning\", a time as \"2026-11-01T00:00:00Z\", or an object of partitions and offsets as "
    "{\"0\": 1200}.";

Result<std::map<std::int32_t, std::int64_t>> offsets_of(const Json& from) {
  std::map<std::int32_t, std::int64_t> out;
  for (const auto& [partition, offset] : from.items()) {
    const bool digits = !partition.empty() && partition.size() <= 4 &&
                        partition.find_first_not_of("0123456789") == std::string::npos;
    if (!digits || !offset.is_number_integer() || offset < 0) return fail(kFrom);
    out[std::stoi(partition)] = offset.get<std::int64_t>();
  }
  if (out.empty()) return fail(kFrom);
  return out;
}

std::string datasets_of(const Catalogue& catalogue) {
  std::string out;
  for (const auto& [name, dataset] : catalogue.datasets) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

Result<ReplayRequest> parse_replay_request(std::string_view body, const Catalogue& catalogue) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return fail("The body is a JSON object: {\"dataset\": NAME} or {\"report\": NAME}, with \"from\" and \"swap\" "
                "if need be.");
  }
  for (const auto& [member, value] : json.items()) {
    if (member != "report" && member != "dataset" && member != "from" && member != "swap") {
      return fail(fmt::format("\"{}\" is none of report, dataset, from and swap.", member));
    }
  }
  if (json.contains("report") == json.contains("dataset")) return fail("Name a report or a dataset, and not both.");
  ReplayRequest out;
  const Json& name = json.contains("report") ? json["report"] : json["dataset"];
  if (!name.is_string()) return fail("A name is a text.");
  if (json.contains("report")) {
    out.report = name;
    const auto found = catalogue.reports.find(out.report);
    if (found == catalogue.reports.end()) return fail(no_such_report(catalogue, out.report));
    out.dataset = found->second.dataset;
  } else {
    out.dataset = name;
    if (!catalogue.datasets.contains(out.dataset)) {
      return fail(fmt::format("There is no dataset '{}'. The datasets are {}.", out.dataset, datasets_of(catalogue)));
    }
  }
  out.from = "beginning";
  if (json.contains("from")) {
    const Json& from = json["from"];
    if (from.is_object()) {
      auto offsets = offsets_of(from);
      if (!offsets) return tl::unexpected(offsets.error());
      out.offsets = std::move(*offsets);
      out.from = from.dump();
    } else if (!from.is_string()) {
      return fail(kFrom);
    } else if (from != "beginning") {
      out.since = parse_iso_instant(from.get<std::string>());
      if (!out.since) return fail(kFrom);
      out.from = to_string(*out.since);
    }
  }
  const bool whole = !out.since && out.offsets.empty();
  out.swap = whole;
  if (json.contains("swap")) {
    if (!json["swap"].is_boolean()) return fail("\"swap\" is true or false.");
    out.swap = json["swap"];
  }
  return out;
}

}  // namespace sluice::api
