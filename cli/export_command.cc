// The command export: asks for one, waits, and tells where its files are.
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/rest.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(200);

int list_exports(const Api& api, const ExportOptions& options) {
  const auto body = fetch(api, fmt::format("/v1/exports?limit={}", options.limit), "application/json");
  if (!body) return 1;
  if (options.json) return print(*body + "\n"), 0;
  const Json answer = Json::parse(*body);
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : answer.at("exports")) {
    rows.push_back({cell(e.at("id")), cell(e.at("report")), cell(e.at("state")), cell(e.at("trigger")),
                    cell(e.at("requested_at")), cell(e.at("rows")), cell(e.at("error"))});
  }
  if (rows.empty()) return print("no exports\n"), 0;
  print(render_table({{"id"}, {"report"}, {"state"}, {"trigger"}, {"requested"}, {"rows", true}, {"error"}},
                     rows, 70));
  if (!answer.at("next").is_null()) print(more_hint(options.limit));
  return 0;
}

void show_files(const Json& made) {
  std::vector<std::vector<std::string>> rows;
  for (const char* file : {"current", "hist"}) {
    if (made.at(file).is_null()) continue;
    rows.push_back({file, cell(made.at("rows")), cell(made.at(std::string(file) + "_bytes")),
                    cell(made.at(file))});
  }
  print(render_table({{"file"}, {"rows", true}, {"bytes", true}, {"where"}}, rows, 400));
}

// What stands on stderr while one waits; a sentence is told once.
std::string progress_of(const Json& made) {
  const std::string state = cell(made.at("state"));
  if (state == "queued") return "waiting for the loader";
  if (!made.at("error").is_null()) {
    return fmt::format("attempt {} failed, trying again: {}", cell(made.at("attempts")),
                       cell(made.at("error")));
  }
  return "writing";
}

}  // namespace

int export_report(const Api& api, const ExportOptions& options) {
  if (options.name.empty()) return list_exports(api, options);
  auto body = post(api, "/v1/reports/" + encoded(options.name) + "/exports");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_seconds);
  std::string told;
  while (body) {
    const Json made = Json::parse(*body);
    const std::string id = made.at("id"), state = made.at("state");
    if (state == "done" || state == "failed") {
      if (options.json) print(*body);
      if (state == "done" && !options.json) show_files(made);
      if (state == "failed") {
        complain(fmt::format("the export of {} failed: {}", options.name, cell(made.at("error"))));
      }
      return state == "done" ? 0 : 1;
    }
    if (const std::string now = progress_of(made); now != told) {
      fmt::print(stderr, "{}: {}\n", options.name, now);
      told = now;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      complain(fmt::format("the export {} is not done after {} s; it goes on by itself. How far it is tells: "
                           "./sluice export",
                           id, options.wait_seconds));
      return 1;
    }
    std::this_thread::sleep_for(kPoll);
    body = fetch(api, "/v1/exports/" + id, "application/json");
  }
  return 1;
}

}  // namespace sluice::cli
