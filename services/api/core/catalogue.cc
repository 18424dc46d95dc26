#include "services/api/core/catalogue.h"

#include <fmt/format.h>

#include <cstdint>

#include "services/api/core/openapi.h"

namespace sluice::api {
namespace {

constexpr std::string_view kApiVersion = "1.0.0";  // of the interface under /v1, not of the product

// FNV-1a: the same in every instance and build, unlike std::hash.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t out = 0xcbf29ce484222325U;
  for (const char c : text) out = (out ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return out;
}

std::string shape_of(const TableSpec& table) {
  std::string text;
  for (const TableColumn& column : table.columns) {
    text +=
        column.name + ":" + std::string(type_name(column.type)) + (column.in_key ? "!" : "") + "\n";
  }
  return fmt::format("{:08x}", hash_of(text) & 0xFFFFFFFFU);
}

Completeness completeness_of(const Dataset& dataset, const ReportSpec& report) {
  Completeness out;
  out.has_event_time = dataset.event_time.has_value();
  out.lateness_ms = dataset.allowed_lateness_seconds * 1000;
  out.idle_ms = dataset.idle_seconds * 1000;
  if (!report.window) return out;
  out.window = report.window->calendar;
  out.label_pattern = report.window->pattern;
  return out;
}

}  // namespace

std::optional<std::int64_t> Completeness::through_ms(std::optional<std::int64_t> watermark_ms) const {
  if (!watermark_ms || !has_event_time) return std::nullopt;
  return *watermark_ms - lateness_ms;
}

std::optional<std::string> Completeness::first_open(std::optional<std::int64_t> through_ms) const {
  if (!through_ms || !window) return std::nullopt;
  return window_label(*window, label_pattern, Instant{*through_ms * 1000});
}

std::shared_ptr<const Catalogue> make_catalogue(const std::vector<Dataset>& datasets) {
  auto out = std::make_shared<Catalogue>();
  std::vector<Dataset> served = datasets;
  for (Dataset& dataset : served) {
    out->datasets[dataset.name] = is_linked(dataset);
    std::erase_if(dataset.reports, [](const ReportSpec& report) { return !report.to_postgres; });
    for (const ReportSpec& report : dataset.reports) {
      TableSpec table = table_of(report);
      std::string shape = shape_of(table);
      out->reports[report.name] = {dataset.name, std::move(table), report.exported.has_value(),
                                   std::move(shape), completeness_of(dataset, report)};
    }
  }
  out->openapi = openapi_document(served, kApiVersion);
  return out;
}

std::string no_such_report(const Catalogue& catalogue, std::string_view name) {
  std::string list;
  for (const auto& [known, report] : catalogue.reports) list += (list.empty() ? "" : ", ") + known;
  if (list.empty()) return fmt::format("There is no report '{}'; no definition has one yet.", name);
  return fmt::format("There is no report '{}'. The reports are {}.", name, list);
}

std::string not_exported(const Catalogue& catalogue, std::string_view name) {
  std::string list;
  for (const auto& [known, report] : catalogue.reports) {
    if (report.exported) list += (list.empty() ? "" : ", ") + known;
  }
  return fmt::format("Report '{}' has no export: give its definition one under `sinks:`. {}", name,
                     list.empty() ? "No report has one." : "Reports with one are " + list + ".");
}

}  // namespace sluice::api
