#pragma once
// The operator's side of the REST API: files, report, export, replay; dead letters have a file of their own. Tables for people, --json prints the
// API's own answer for programs. Each returns the process's exit code: 0 fine, 1 the api said no or
// cannot be reached (a sentence on stderr says which and what to do).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::cli {

struct Api {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
};

struct FilesOptions {
  std::string id;     // one file's receipt in full
  std::string state;
  std::string dataset;
  std::string folders;  // of definitions: which datasets there are
  int limit = 50;
  bool json = false;
};
int files(const Api& api, const FilesOptions& options);

struct ReportOptions {
  std::string name;                  // empty: the list of reports
  std::vector<std::string> filters;  // "country=France", "month[gte]=2017_01"
  std::string order;
  std::optional<int> limit;  // else kShownRows, and all as CSV
  bool json = false;
  bool csv = false;
};
inline constexpr int kShownRows = 20;
int report(const Api& api, const ReportOptions& options);

struct ExportOptions {
  std::string name;  // of a report; empty: the list of exports
  int limit = 20;
  int wait_seconds = 600;
  bool json = false;
};
// Waits until it is written, telling on stderr how far it is.
int export_report(const Api& api, const ExportOptions& options);

struct ReplayOptions {
  std::string name;                // of a report or a dataset; empty: the list of replays
  std::string id;                  // one that there is
  std::string from = "beginning";  // a time, "0=1200,1=900"
  bool dry_run = false;            // compare, swap nothing
  bool swap = false;               // also a part
  bool no_wait = false;
  int limit = 20;
  int wait_seconds = 86'400;
  bool json = false;
};
// Waits until it has ended, telling on stderr how far it is, and shows what differs.
int replay(const Api& api, const ReplayOptions& options);

}  // namespace sluice::cli
