#pragma once
// The commands about dead letters: list, groups, show, retry, discard. As rest_commands.h says.

#include <optional>
#include <string>
#include <vector>

#include "cli/rest_commands.h"

namespace sluice::cli {

struct DeadLetterOptions {
  std::vector<std::string> ids;  // show: the one; retry, discard: these
  std::string dataset, file, rule, column;
  std::string state;         // of the list; empty: open
  std::string note;          // of a discard
  std::string folders;       // of definitions: which datasets there are
  std::optional<int> limit;  // else kShownLetters, and all as CSV
  int wait_seconds = 600;
  bool dry_run = false;
  bool json = false;
  bool csv = false;
};
inline constexpr int kShownLetters = 50;

int dead_letters_list(const Api& api, const DeadLetterOptions& options);
int dead_letters_groups(const Api& api, const DeadLetterOptions& options);
int dead_letters_show(const Api& api, const DeadLetterOptions& options);
// Waits until the retry's receipt is settled.
int dead_letters_retry(const Api& api, const DeadLetterOptions& options);
int dead_letters_discard(const Api& api, const DeadLetterOptions& options);

}  // namespace sluice::cli
