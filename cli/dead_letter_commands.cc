#include "cli/dead_letter_commands.h"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/rest.h"
#include "cli/table.h"

namespace sluice::cli {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(200);

// The body of a retry or a discard.
std::string filter_of(const DeadLetterOptions& options) {
  Json out = {{"dataset", options.dataset}};
  if (!options.file.empty()) out["file"] = options.file;
  if (!options.rule.empty()) out["rule"] = options.rule;
  if (!options.column.empty()) out["column"] = options.column;
  if (!options.ids.empty()) out["ids"] = options.ids;
  if (!options.note.empty()) out["note"] = options.note;
  return out.dump();
}

void tell_not_retriable(const Json& answer) {
  for (const Json& each : answer.at("not_retriable")) {
    fmt::print(stderr, "{} of them cannot be retried. {}\n", cell(each.at("letters")), cell(each.at("why")));
  }
}

// What became of a retry; nothing: it is not settled yet.
std::optional<int> result_of(const Json& file) {
  const std::string state = file.at("state");
  if (state == "failed") {
    complain(cell(file.at("error")));
    return 1;
  }
  if (state == "duplicate") {
    print("The same rows were tried by this very definition before: nothing was done. Mend the definition first.\n");
    return 0;
  }
  if (state != "done") return std::nullopt;
  print(retry_result(file));
  return 0;
}

int wait_for(const Api& api, const DeadLetterOptions& options, Json file) {
  const std::string id = file.at("id");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_seconds);
  for (;;) {
    if (const auto code = result_of(file)) {
      if (options.json) print(file.dump() + "\n");
      return *code;
    }
    if (std::chrono::steady_clock::now() > deadline) {
      complain(fmt::format("the retry is not done after {} s; it goes on by itself. How far it is tells: ./sluice "
                           "files {}",
                           options.wait_seconds, id));
      return 1;
    }
    std::this_thread::sleep_for(kPoll);
    const auto body = fetch(api, "/v1/files/" + encoded(id), "application/json");
    if (!body) return 1;
    file = Json::parse(*body);
  }
}

}  // namespace

int dead_letters_list(const Api& api, const DeadLetterOptions& options) {
  std::string target = "/v1/dead-letters";
  add_parameter(target, "dataset", options.dataset);
  add_parameter(target, "file", options.file);
  add_parameter(target, "rule", options.rule);
  add_parameter(target, "state", options.state);
  if (options.csv) {
    add_parameter(target, "order", "file_name,file,entry,line");
    return print_csv(api, target, options.limit);
  }
  const int limit = options.limit.value_or(kShownLetters);
  add_parameter(target, "limit", std::to_string(limit));
  const auto body = fetch(api, target, "application/json");
  if (!body) return 1;
  if (options.json) return print(*body + "\n"), 0;
  const Json answer = Json::parse(*body);
  if (answer.at("dead_letters").empty() && !is_dataset(options.dataset, options.folders)) return 1;
  print(dead_letters_table(answer));
  if (!answer.at("next").is_null()) print(more_hint(limit));
  return 0;
}

int dead_letters_groups(const Api& api, const DeadLetterOptions& options) {
  std::string target = "/v1/dead-letters/groups";
  add_parameter(target, "dataset", options.dataset);
  add_parameter(target, "file", options.file);
  const auto body = fetch(api, target, "application/json");
  if (!body) return 1;
  if (options.json) return print(*body), 0;
  const Json answer = Json::parse(*body);
  if (answer.at("groups").empty() && !is_dataset(options.dataset, options.folders)) return 1;
  print(dead_letter_groups_table(answer));
  return 0;
}

int dead_letters_show(const Api& api, const DeadLetterOptions& options) {
  const auto body = fetch(api, "/v1/dead-letters/" + encoded(options.ids.front()), "application/json");
  if (!body) return 1;
  const Json letter = Json::parse(*body);
  print(options.json ? letter.dump(2) + "\n" : dead_letter_text(letter));
  return 0;
}

int dead_letters_retry(const Api& api, const DeadLetterOptions& options) {
  const std::string target = std::string("/v1/dead-letters/retry") + (options.dry_run ? "?dry_run=true" : "");
  const auto body = post(api, target, filter_of(options));
  if (!body) return 1;
  const Json answer = Json::parse(*body);
  if (options.json && (options.dry_run || answer.at("file").is_null())) return print(*body), 0;
  tell_not_retriable(answer);
  if (options.dry_run) {
    fmt::print("{} rows would be read once more by the definition as it is now.\n", cell(answer.at("letters")));
    return 0;
  }
  if (answer.at("file").is_null()) {
    if (answer.at("not_retriable").empty() && !is_dataset(options.dataset, options.folders)) return 1;
    print("There is nothing to retry.\n");
    return 0;
  }
  return wait_for(api, options, answer.at("file"));
}

int dead_letters_discard(const Api& api, const DeadLetterOptions& options) {
  const auto body = post(api, "/v1/dead-letters/discard", filter_of(options));
  if (!body) return 1;
  if (options.json) return print(*body), 0;
  const Json answer = Json::parse(*body);
  if (answer.at("discarded") == 0 && !is_dataset(options.dataset, options.folders)) return 1;
  fmt::print("{} dead letters are discarded. They are shown by: ./sluice dead-letters --state discarded\n",
             cell(answer.at("discarded")));
  return 0;
}

}  // namespace sluice::cli
