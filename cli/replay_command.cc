// The command replay: asks for a rebuild, tells how far it is, and what differs.
#include <unistd.h>

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/rest.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(250);

int list_replays(const Api& api, const ReplayOptions& options) {
  const auto body = fetch(api, fmt::format("/v1/replays?limit={}", options.limit), "application/json");
  if (!body) return 1;
  if (options.json) return print(*body + "\n"), 0;
  const Json answer = Json::parse(*body);
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : answer.at("replays")) {
    rows.push_back({cell(r.at("id")), cell(r.at("dataset")), cell(r.at("state")), cell(r.at("stage")),
                    cell(r.at("trigger")), cell(r.at("from")), cell(r.at("requested_at")), cell(r.at("error"))});
  }
  if (rows.empty()) return print("no replays\n"), 0;
  print(render_table({{"id"}, {"dataset"}, {"state"}, {"stage"}, {"trigger"}, {"from"}, {"requested"}, {"error"}}, rows, 70));
  if (!answer.at("next").is_null()) print(more_hint(options.limit));
  return 0;
}

// Whether the name is a report's; nothing after a sentence on stderr.
std::optional<bool> is_report(const Api& api, const std::string& name) {
  const auto body = fetch(api, "/v1/reports", "application/json");
  if (!body) return std::nullopt;
  const Json answer = Json::parse(*body);
  for (const auto& report : answer.at("reports")) {
    if (report.at("name") == name) return true;
  }
  return false;
}

// "beginning", a time, or "0=1200,1=900": offsets by partition.
std::optional<Json> from_of(const std::string& text) {
  if (text.find('=') == std::string::npos) return Json(text);
  Json out = Json::object();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string one = text.substr(at, comma - at);
    const std::size_t equals = one.find('=');
    const std::string offset = equals == std::string::npos ? "" : one.substr(equals + 1);
    if (offset.empty() || offset.size() > 18 || offset.find_first_not_of("0123456789") != std::string::npos) {
      complain(fmt::format("\"{}\" is no partition and offset; write --from 0=1200,1=900", one));
      return std::nullopt;
    }
    out[one.substr(0, equals)] = std::stoll(offset);
    at = comma + 1;
  }
  return out;
}

std::string progress_of(const Json& replay) {
  const std::string stage = cell(replay.at("stage"));
  std::string out = stage == "queued"      ? "waiting for the loader"
                    : stage == "building"  ? "building"
                    : stage == "cutting"   ? "waiting at a cut in the records"
                    : stage == "comparing" ? "comparing"
                                           : "removing what is not needed any more";
  if (stage != "building" && stage != "cutting") return out;
  for (const auto& hop : replay.at("progress")) {
    out += fmt::format("{} {} {} of {}", out.find(':') == std::string::npos ? ":" : ",", cell(hop.at("hop")),
                       cell(hop.at("read")), cell(hop.at("of")));
  }
  return out;
}

// One line that is written over on a terminal; elsewhere a line whenever the stage changes.
class ProgressLine {
 public:
  void show(const std::string& name, const Json& replay) {
    const std::string now = progress_of(replay), stage = cell(replay.at("stage"));
    if (terminal_) {
      if (now == told_) return;
      fmt::print(stderr, "\r\033[K{}: {}", name, now);
      std::fflush(stderr);
      told_ = now;
    } else if (stage != told_) {
      fmt::print(stderr, "{}: {}\n", name, now);
      told_ = stage;
    }
  }
  ~ProgressLine() {
    if (terminal_ && !told_.empty()) fmt::print(stderr, "\n");
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::string told_;
};

std::string row_text(const Json& row) {
  if (row.is_null()) return "";
  std::string out;
  for (const auto& [name, value] : row.items()) out += (out.empty() ? "" : " ") + name + "=" + cell(value);
  return out;
}

void show_difference(const Json& diff) {
  if (diff.is_null()) return;
  if (diff.at("partial") == true) print("Built from a part of the records: rows of the others are missing by nature.\n");
  std::vector<std::vector<std::string>> reports, rows;
  for (const auto& report : diff.at("reports")) {
    std::string note = report.contains("note") ? cell(report["note"]) : "";
    for (const char* columns : {"columns_added", "columns_removed"}) {
      if (!report.contains(columns) || report[columns].empty()) continue;
      note += (note.empty() ? "" : "; ") + std::string(columns[8] == 'a' ? "new columns" : "columns gone") + ":";
      for (const auto& column : report[columns]) note += " " + cell(column);
    }
    reports.push_back({cell(report.at("report")), cell(report.at("rows_before")), cell(report.at("rows_after")),
                       cell(report.at("added")), cell(report.at("removed")), cell(report.at("changed")), note});
    for (const auto& row : report.at("rows")) {
      if (rows.size() == 20) break;
      rows.push_back({cell(report.at("report")), cell(row.at("change")), row_text(row.at("before")), row_text(row.at("after"))});
    }
  }
  print(render_table({{"report"}, {"rows before", true}, {"after", true}, {"added", true}, {"removed", true}, {"changed", true}, {""}},
                     reports, 100));
  if (!rows.empty()) print("\n" + render_table({{"report"}, {"change"}, {"before"}, {"after"}}, rows, 120));
}

int show_end(const ReplayOptions& options, const std::string& body) {
  const Json replay = Json::parse(body);
  const std::string state = cell(replay.at("state"));
  if (options.json) {
    print(body);
  } else {
    show_difference(replay.at("diff"));
    if (state == "done") print("The rebuilt reports are live.\n");
    if (state == "dropped") {
      print(replay.at("error").is_null() ? "Nothing was swapped.\n" : "Dropped: " + cell(replay.at("error")) + "\n");
    }
  }
  if (state == "failed") complain(fmt::format("the replay of {} failed: {}", cell(replay.at("dataset")), cell(replay.at("error"))));
  return state == "failed" ? 1 : 0;
}

}  // namespace

int replay(const Api& api, const ReplayOptions& options) {
  if (options.name.empty() && options.id.empty()) return list_replays(api, options);
  std::optional<std::string> body;
  if (!options.id.empty()) {
    body = fetch(api, "/v1/replays/" + encoded(options.id), "application/json");
  } else {
    const auto report = is_report(api, options.name);
    const auto from = from_of(options.from);
    if (!report || !from) return 1;
    Json asked = {{*report ? "report" : "dataset", options.name}, {"from", *from}};
    if (options.dry_run) asked["swap"] = false;
    if (options.swap) asked["swap"] = true;
    body = post(api, "/v1/replays", asked.dump());
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_seconds);
  ProgressLine line;
  while (body) {
    const Json replay = Json::parse(*body);
    const std::string id = replay.at("id");
    if (replay.at("state") != "running") return show_end(options, *body);
    if (options.no_wait) return print(options.json ? *body : "/v1/replays/" + id + "\n"), 0;
    line.show(cell(replay.at("dataset")), replay);
    if (std::chrono::steady_clock::now() > deadline) {
      complain(fmt::format("the replay {} has not ended after {} s; it goes on by itself. How far it is tells: "
                           "./sluice replay --id {}", id, options.wait_seconds, id));
      return 1;
    }
    std::this_thread::sleep_for(kPoll);
    body = fetch(api, "/v1/replays/" + id, "application/json");
  }
  return 1;
}

}  // namespace sluice::cli
