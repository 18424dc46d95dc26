#include "common/access/token_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace sluice::access {
namespace {

// What is wrong at a place; caught where the path is known.
struct Mistake {
  int line;
  std::string what;
};

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

std::string text_of(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar()) throw Mistake{line_of(node), fmt::format("{} takes one value", key)};
  return node.Scalar();
}

void read_scopes(const YAML::Node& node, Token& token) {
  if (!node.IsSequence() || node.size() == 0) {
    throw Mistake{line_of(node), "scopes takes a list of read, write and admin"};
  }
  for (const YAML::Node& each : node) {
    const auto scope = scope_named(text_of(each, "a scope"));
    if (!scope) throw Mistake{line_of(each), "there is no such scope; there are read, write and admin"};
    token.scopes[static_cast<std::size_t>(*scope)] = true;
  }
}

void read_key(const std::string& key, int line, const YAML::Node& value, Token& token) {
  if (key == "name") {
    token.name = text_of(value, key);
    if (!is_token_name(token.name)) {
      throw Mistake{line_of(value), "name has 1 to 64 letters, digits, dots, hyphens and underscores"};
    }
  } else if (key == "sha256") {
    const auto hash = hash_from_hex(text_of(value, key));
    if (!hash) throw Mistake{line_of(value), "sha256 has 64 hexadecimal digits: the hash of a token, never the token"};
    token.hash = *hash;
  } else if (key == "scopes") {
    read_scopes(value, token);
  } else if (key == "expires") {
    token.expires = parse_iso_instant(text_of(value, key));
    if (!token.expires) throw Mistake{line_of(value), "expires is a time as 2027-01-31T00:00:00Z"};
  } else {
    throw Mistake{line, "an entry has name, sha256, scopes and expires, and nothing else"};
  }
}

Token read_entry(const YAML::Node& entry) {
  if (!entry.IsMap()) throw Mistake{line_of(entry), "an entry is a map with name, sha256 and scopes"};
  Token out;
  std::vector<std::string> seen;
  for (const auto& item : entry) {
    const int line = line_of(item.first);
    const std::string key = text_of(item.first, "a key");
    if (std::ranges::find(seen, key) != seen.end()) throw Mistake{line, "a key of an entry stands there twice"};
    read_key(key, line, item.second, out);
    seen.push_back(key);
  }
  for (const char* needed : {"name", "sha256", "scopes"}) {
    if (std::ranges::find(seen, needed) == seen.end()) {
      throw Mistake{line_of(entry), fmt::format("the entry has no {}", needed)};
    }
  }
  return out;
}

std::vector<Token> read_list(const YAML::Node& list) {
  if (!list.IsSequence()) throw Mistake{1, "the file holds no list of tokens"};
  if (list.size() > kMaxTokens) throw Mistake{1, fmt::format("the file has more than {} tokens", kMaxTokens)};
  std::vector<Token> out;
  for (const YAML::Node& entry : list) {
    Token token = read_entry(entry);
    for (const Token& other : out) {
      if (other.name == token.name) {
        throw Mistake{line_of(entry), fmt::format("the name {} stands there twice", token.name)};
      }
      if (other.hash == token.hash) {
        throw Mistake{line_of(entry), fmt::format("{} and {} have the same sha256", other.name, token.name)};
      }
    }
    out.push_back(std::move(token));
  }
  return out;
}

}  // namespace

Result<std::vector<Token>> parse_token_file(std::string_view text, std::string_view path) {
  try {
    return read_list(YAML::Load(std::string(text)));
  } catch (const Mistake& mistake) {
    return fail(fmt::format("{}:{}: {}", path, mistake.line, mistake.what));
  } catch (const YAML::Exception& error) {
    // Its own words are not passed on: some of them quote the file.
    return fail(fmt::format("{}:{}: this is neither YAML nor JSON", path, std::max(error.mark.line + 1, 1)));
  }
}

std::string entry_of(const Token& token) {
  std::string scopes;
  for (const Scope scope : kScopes) {
    if (!token.scopes[static_cast<std::size_t>(scope)]) continue;
    scopes += (scopes.empty() ? "" : ", ") + std::string(to_string(scope));
  }
  std::string out = fmt::format("- name: {}\n  sha256: {}\n  scopes: [{}]\n", token.name, hex(token.hash), scopes);
  if (token.expires) out += fmt::format("  expires: {}\n", to_string(*token.expires));
  return out;
}

}  // namespace sluice::access
