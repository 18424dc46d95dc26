// sluice-cli: what ./sluice hands on. Checks definitions and files without any server, and shows files,
// reports, dead letters, exports and replays through the REST API.

#include <cstdlib>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/dead_letter_commands.h"
#include "cli/definitions_command.h"
#include "cli/doctor_command.h"
#include "cli/rest_commands.h"
#include "cli/running_services.h"
#include "cli/token_command.h"

namespace {

std::uint16_t default_api_port() {
  const char* base = std::getenv("SLUICE_PORT_BASE");
  const int port = base == nullptr ? 8080 : std::atoi(base);
  return port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : 8080;
}

std::string default_definitions() {
  const char* folders = std::getenv("SLUICE_DEFINITIONS");
  return folders == nullptr || *folders == '\0' ? "schemas" : folders;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::cli;
  CLI::App app{"Sluice: files in, live reports out", "sluice"};
  app.require_subcommand(1);
  Api api;
  api.port = default_api_port();
  int exit_code = 0;

  auto* definitions = app.add_subcommand("definitions", "work with definition files");
  definitions->require_subcommand(1);
  DefinitionsOptions definitions_options;
  definitions_options.folders = default_definitions();
  definitions_options.port_base = api.port;
  auto* check = definitions->add_subcommand("check", "refuse what is wrong with file, line and column");
  check->add_option("file", definitions_options.files, "definition files; all of SLUICE_DEFINITIONS if none");
  check->callback([&] { exit_code = check_definitions(definitions_options); });

  // Asked by the launcher's status.
  auto* running = app.add_subcommand("running", "what the services say about themselves")->group("");
  running->require_subcommand(1);
  std::uint16_t service_port = 0;
  auto* reasons = running->add_subcommand("reasons");
  reasons->add_option("port", service_port)->required();
  reasons->callback([&] { exit_code = show_reasons(service_port); });
  running->add_subcommand("definitions")->callback([&] { exit_code = show_refused_definitions(api.port); });

  DoctorOptions doctor_options;
  doctor_options.folders = default_definitions();
  auto* doctor = app.add_subcommand("doctor", "what would happen to a data file; needs no broker");
  doctor->add_option("file", doctor_options.file, "the data file")->required();
  doctor->add_option("--dataset", doctor_options.dataset, "judge it by this definition, whatever its name");
  doctor->add_flag("--json", doctor_options.json, "for programs");
  doctor->callback([&] { exit_code = examine(doctor_options); });

  FilesOptions files_options;
  files_options.folders = default_definitions();
  auto* files_command = app.add_subcommand("files", "files and their receipts");
  files_command->add_option("id", files_options.id, "one file's receipt in full");
  files_command->add_option("--state", files_options.state, "found, waiting, reading, done, duplicate, failed")
      ->check([](const std::string& state) -> std::string {
        for (const char* known : {"found", "waiting", "reading", "done", "duplicate", "failed"}) {
          if (state == known) return {};
        }
        return "\"" + state + "\" is no state; there are found, waiting, reading, done, duplicate and failed";
      });
  files_command->add_option("--dataset", files_options.dataset);
  files_command->add_option("--limit", files_options.limit)->capture_default_str();
  files_command->add_flag("--json", files_options.json, "the api's own answer");
  files_command->callback([&] { exit_code = files(api, files_options); });

  ReportOptions report_options;
  auto* report_command = app.add_subcommand("report", "the rows of a report; without a name, all reports");
  report_command->add_option("name", report_options.name);
  report_command->add_option("filter", report_options.filters, "country=France, month[gte]=2017_01 …");
  report_command->add_option("--order", report_options.order, "columns, '-' before one for descending");
  report_command->add_option("--limit", report_options.limit, "rows; 20 of a table and all of --csv unless given")
      ->check(CLI::PositiveNumber);
  report_command->add_flag("--json", report_options.json, "the api's own answer");
  report_command->add_flag("--csv", report_options.csv, "all rows as CSV, in pages of 10,000");
  report_command->callback([&] { exit_code = report(api, report_options); });

  DeadLetterOptions letters_options;
  ExportOptions export_options;
  auto* export_command = app.add_subcommand("export", "write a report's exports now; without a name, all exports");
  export_command->add_option("name", export_options.name, "the report");
  export_command->add_option("--limit", export_options.limit, "of the list")->capture_default_str();
  export_command->add_option("--wait", export_options.wait_seconds, "seconds until it is left to itself")
      ->capture_default_str();
  export_command->add_flag("--json", export_options.json, "the api's own answer");
  export_command->callback([&] { exit_code = export_report(api, export_options); });

  ReplayOptions replay_options;
  auto* replay_command =
      app.add_subcommand("replay", "rebuild reports from the records and swap them; without a name, all replays");
  replay_command->add_option("name", replay_options.name, "a report, or a dataset");
  replay_command->add_option("--id", replay_options.id, "one that was asked for");
  replay_command->add_option("--from", replay_options.from, "beginning, a time, or 0=1200,1=900")->capture_default_str();
  auto* dry_run = replay_command->add_flag("--dry-run,--drop", replay_options.dry_run, "show what differs, swap nothing");
  replay_command->add_flag("--swap", replay_options.swap, "swap also what was built from a part")->excludes(dry_run);
  replay_command->add_flag("--no-wait", replay_options.no_wait, "leave it to itself");
  replay_command->add_option("--wait", replay_options.wait_seconds, "seconds until it is left to itself")
      ->capture_default_str();
  replay_command->add_option("--limit", replay_options.limit, "of the list")->capture_default_str();
  replay_command->add_flag("--json", replay_options.json, "the api's own answer");
  replay_command->callback([&] { exit_code = replay(api, replay_options); });

  TokenOptions token_options;
  auto* token_command = app.add_subcommand("token", "make a token and its entry for the file of tokens");
  token_command->add_option("name", token_options.name, "who is to have it")->required();
  token_command->add_option("--scopes", token_options.scopes, "read, write, admin; commas between")
      ->required()
      ->delimiter(',');
  token_command->add_option("--expires", token_options.expires, "90d, 12h, or a time as 2027-01-31T00:00:00Z");
  token_command->callback([&] { exit_code = make_token(token_options); });

  auto* letters = app.add_subcommand("dead-letters", "rows that could not become records");
  letters->require_subcommand(0, 1);
  letters_options.folders = default_definitions();
  auto* list = letters->add_subcommand("list", "with file, line, column and reason; so it is without \"list\"");
  for (CLI::App* lists : {letters, list}) {
    lists->add_option("--dataset", letters_options.dataset);
    lists->add_option("--file", letters_options.file, "a file's id");
    lists->add_option("--rule", letters_options.rule);
    lists->add_option("--state", letters_options.state, "open (unless given), retried, discarded or all");
    lists->add_option("--limit", letters_options.limit, "50 of a table and all of --csv unless given")
        ->check(CLI::PositiveNumber);
    auto* json = lists->add_flag("--json", letters_options.json, "the api's own answer");
    lists->add_flag("--csv", letters_options.csv, "all as CSV, rows whole, in pages of 10,000")->excludes(json);
  }
  list->callback([&] { exit_code = dead_letters_list(api, letters_options); });
  letters->callback([&] {
    if (letters->get_subcommands().empty()) exit_code = dead_letters_list(api, letters_options);
  });
  auto* groups = letters->add_subcommand("groups", "how many there are of each rule and column, and an example");
  groups->add_option("--dataset", letters_options.dataset);
  groups->add_option("--file", letters_options.file, "a file's id");
  groups->add_flag("--json", letters_options.json, "the api's own answer");
  groups->callback([&] { exit_code = dead_letters_groups(api, letters_options); });
  auto* show = letters->add_subcommand("show", "one dead letter, its row whole and the cell marked");
  show->add_option("id", letters_options.ids)->required()->expected(1);
  show->add_flag("--json", letters_options.json);
  show->callback([&] { exit_code = dead_letters_show(api, letters_options); });
  auto* retry = letters->add_subcommand("retry", "read their rows once more, by the definition as it is now");
  auto* discard = letters->add_subcommand("discard", "settle those that nobody will mend");
  for (CLI::App* settles : {retry, discard}) {
    settles->add_option("id", letters_options.ids, "only these");
    settles->add_option("--dataset", letters_options.dataset)->required();
    settles->add_option("--file", letters_options.file, "only of this file, by its id");
    settles->add_option("--rule", letters_options.rule, "only of this rule");
    settles->add_option("--column", letters_options.column, "only of this column");
    settles->add_flag("--json", letters_options.json, "the api's own answer");
  }
  retry->add_flag("--dry-run", letters_options.dry_run, "only count them");
  retry->add_option("--wait", letters_options.wait_seconds, "seconds until it is left to itself")->capture_default_str();
  retry->callback([&] { exit_code = dead_letters_retry(api, letters_options); });
  discard->add_option("--note", letters_options.note, "why; kept with them");
  discard->callback([&] { exit_code = dead_letters_discard(api, letters_options); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return exit_code;
}
