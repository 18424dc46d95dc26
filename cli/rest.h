#pragma once
// What the commands that ask the api share.

#include <optional>
#include <string>
#include <string_view>

#include "cli/answers.h"
#include "cli/rest_commands.h"

namespace sluice::cli {

void print(std::string_view text);
void complain(std::string_view text);  // on stderr
std::string encoded(std::string_view text);

// The body of a good answer, or nothing after a sentence on stderr.
std::optional<std::string> fetch(const Api& api, const std::string& target, const char* accept);
std::optional<std::string> post(const Api& api, const std::string& target, std::string_view body = {});

// A value that is empty is not sent.
void add_parameter(std::string& target, std::string_view name, std::string_view value);
// Asked where nothing was found: whether the definitions have such a dataset; says so if not.
bool is_dataset(const std::string& dataset, const std::string& folders);

// All rows of a table as CSV on stdout, page by page; at most `limit` of them if one is given. `target`
// has neither a limit nor a cursor. Returns the exit code.
int print_csv(const Api& api, const std::string& target, std::optional<int> limit);

}  // namespace sluice::cli
