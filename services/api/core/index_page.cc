#include "services/api/core/index_page.h"

#include <string_view>

namespace sluice::api {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string link(const std::string& target, std::string_view text) {
  return "<a href=\"" + escaped(target) + "\">" + escaped(text) + "</a>";
}

}  // namespace

std::string index_page(std::span<const Dataset> datasets) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Sluice</title>"
      "<meta name=\"viewport\" content=\"width=device-width\"></head>\n<body>\n<h1>Sluice</h1>\n";
  for (const Dataset& dataset : datasets) {
    out += "<h2>" + escaped(dataset.name) + "</h2>\n<ul>\n";
    for (const ReportSpec& report : dataset.reports) {
      const std::string path = "/v1/reports/" + report.name;
      out += "<li>" + link(path, report.name) + " (" +
             link(path + "?format=csv", "CSV, the first 10,000 rows") + ")</li>\n";
    }
    out += "</ul>\n<p>" + link("/v1/files?dataset=" + dataset.name, "Files") + " · " +
           link("/v1/dead-letters?dataset=" + dataset.name, "Dead letters") + "</p>\n";
  }
  out += "<hr><p>" + link("/v1/reports", "All reports") + " · " + link("/v1/files", "All files") +
         " · " + link("/v1/dead-letters", "All dead letters") + " · " +
         link("/openapi.json", "OpenAPI") + " · " + link("/readyz?verbose", "Health") + " · " +
         link("/metrics", "Metrics") + " · " + link("/version", "Version") +
         "</p>\n</body>\n</html>\n";
  return out;
}

}  // namespace sluice::api
