#pragma once
// The loaded definitions as the API needs them: reports by name, and the document made from them.
// Made anew when a definition changes; never changed.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/definition/definition.h"
#include "services/api/core/table_spec.h"

namespace sluice::api {

struct CatalogueReport {
  std::string dataset;
  TableSpec table;
  bool exported = false;  // its definition has an export
  std::string shape;      // a short hash of the columns: an ETag must change when they do
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
