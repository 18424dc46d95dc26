#include "cli/rest.h"

#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "cli/definitions_command.h"
#include "common/adapters/http/client.h"
#include "common/definition/definition_parser.h"

namespace sluice::cli {
namespace {

// SLUICE_TOKEN, or the first line of what SLUICE_TOKEN_FILE names; as services read their secrets.
std::string token_of_environment() {
  const char* token = std::getenv("SLUICE_TOKEN");
  if (token != nullptr && *token != '\0') return token;
  const char* file = std::getenv("SLUICE_TOKEN_FILE");
  if (file == nullptr || *file == '\0') return {};
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) {
    complain(fmt::format("SLUICE_TOKEN_FILE names {}, which cannot be read or is empty", file));
    std::exit(2);
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

http::ClientHeaders headers_with(const char* accept) {
  http::ClientHeaders out = {{"accept", accept}};
  if (const std::string token = token_of_environment(); !token.empty()) {
    out.emplace_back("authorization", "Bearer " + token);
  }
  return out;
}

std::optional<std::string> body_of(const Api& api, const std::string& target,
                                   const Result<http::ClientResponse>& answer) {
  if (!answer) {
    complain(fmt::format("the api does not answer at {}:{} ({}). Is it up? Try: ./sluice status", api.address,
                         api.port, answer.error().message));
    return std::nullopt;
  }
  if (answer->status == 200 || answer->status == 202) return answer->body;
  if (answer->status == 401) {
    complain(fmt::format("the api wants {}. Set SLUICE_TOKEN, or SLUICE_TOKEN_FILE to a file that holds it.",
                         token_of_environment().empty() ? "a token" : "another token"));
    return std::nullopt;
  }
  const auto problem = Json::parse(answer->body, nullptr, false);
  if (problem.is_object() && problem.contains("detail")) {
    complain(problem["detail"].get<std::string>());
  } else {
    complain(fmt::format("the api answered {} to {}", answer->status, target));
  }
  return std::nullopt;
}

}  // namespace

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void complain(std::string_view text) { fmt::print(stderr, "sluice: {}\n", text); }

std::string encoded(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += fmt::format("%{:02X}", c);
    }
  }
  return out;
}

std::optional<std::string> fetch(const Api& api, const std::string& target, const char* accept) {
  return body_of(api, target, http::get(api.address, api.port, target, headers_with(accept)));
}

std::optional<std::string> post(const Api& api, const std::string& target, std::string_view body) {
  http::ClientHeaders headers = headers_with("*/*");
  if (!body.empty()) headers.emplace_back("content-type", "application/json");
  return body_of(api, target, http::post(api.address, api.port, target, body, headers));
}

void add_parameter(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += fmt::format("{}={}", encoded(name), encoded(value));
}

bool is_dataset(const std::string& dataset, const std::string& folders) {
  std::vector<std::string> known;
  for (const Dataset& each : load_definitions(split_folders(folders)).datasets) known.push_back(each.name);
  const auto wrong = no_such_dataset(dataset, known);
  if (wrong) complain(*wrong);
  return !wrong;
}

int print_csv(const Api& api, const std::string& target, std::optional<int> limit) {
  CsvPages pages(limit);
  std::string cursor;
  do {
    const std::string page = fmt::format("{}{}limit={}{}", target, target.find('?') == target.npos ? '?' : '&',
                                         pages.next_limit(), cursor.empty() ? "" : "&cursor=" + encoded(cursor));
    const auto answer = http::get(api.address, api.port, page, headers_with("text/csv"));
    const auto body = body_of(api, page, answer);
    if (!body) return 1;
    const std::string_view rows = pages.take(*body);
    if (std::fwrite(rows.data(), 1, rows.size(), stdout) != rows.size() || std::fflush(stdout) != 0) {
      complain(fmt::format("the rows cannot be written: {}", std::strerror(errno)));
      return 1;
    }
    cursor = answer->header("sluice-next-cursor");
  } while (pages.goes_on(cursor));
  return 0;
}

}  // namespace sluice::cli
