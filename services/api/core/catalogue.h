#pragma once
// The loaded definitions as the API needs them: reports by name, and the document made from them.
// Made anew when a definition changes; never changed.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "services/api/core/table_spec.h"

namespace sluice::api {

// Of a report's dataset, what decides how far the report is complete.
struct Completeness {
  std::int64_t lateness_ms = 0;
  std::int64_t idle_ms = 0;
  bool has_event_time = false;
  std::optional<CalendarWindow> window;  // the report's
  std::string label_pattern;             // of the window

  // "complete_through": of the dataset's watermark, both in milliseconds since the epoch.
  std::optional<std::int64_t> through_ms(std::optional<std::int64_t> watermark_ms) const;
  // The label of the first window that may still change; nullopt where nothing is known, or there are no windows.
  std::optional<std::string> first_open(std::optional<std::int64_t> through_ms) const;
};

struct CatalogueReport {
  std::string dataset;
  TableSpec table;
  bool exported = false;  // its definition has an export
  std::string shape;      // a short hash of the columns: an ETag must change when they do
  Completeness completeness;
};

struct Catalogue {
  std::map<std::string, CatalogueReport, std::less<>> reports;  // those with a Postgres table
  std::map<std::string, bool, std::less<>> datasets;  // whether it looks up another or is looked up, so that it cannot be rebuilt
  std::string openapi;
};

std::shared_ptr<const Catalogue> make_catalogue(const std::vector<Dataset>& datasets);

// "There is no report 'x'. The reports are a, b."
std::string no_such_report(const Catalogue& catalogue, std::string_view name);
// "Report 'x' has no export: …. Reports with one are a, b."
std::string not_exported(const Catalogue& catalogue, std::string_view name);

}  // namespace sluice::api
