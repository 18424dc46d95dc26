#pragma once
// What the commands that ask the api share.

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "cli/rest_commands.h"

namespace sluice::cli {

using Json = nlohmann::ordered_json;

void print(std::string_view text);
void complain(std::string_view text);  // on stderr
std::string encoded(std::string_view text);

// The body of a good answer, or nothing after a sentence on stderr.
std::optional<std::string> fetch(const Api& api, const std::string& target, const char* accept);
std::optional<std::string> post(const Api& api, const std::string& target);

// As people read it; empty for null.
std::string cell(const Json& value);

}  // namespace sluice::cli
