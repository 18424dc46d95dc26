#include "common/config/settings.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "common/base/version.h"

extern char** environ;

namespace sluice {
namespace {

struct Option {
  std::string key;       // in the YAML file, with dots: kafka.brokers
  std::string variable;  // SLUICE_KAFKA_BROKERS
  std::string help;
  bool secret = false;
  std::function<void(Settings&, const std::string&)> set;
  std::function<std::string(const Settings&)> get;
};

std::int64_t whole_number(const std::string& text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    throw ConfigError(fmt::format("\"{}\" is not a whole number from {} to {}", text, low, high));
  }
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ":") + part;
  return out;
}

Option text(std::string key, std::string variable, std::string help, std::string Settings::*member,
            bool secret = false) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          secret,
          [member](Settings& s, const std::string& v) { s.*member = v; },
          [member](const Settings& s) { return s.*member; }};
}

Option kafka_text(std::string key, std::string variable, std::string help,
                  std::string KafkaSettings::*member) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          false,
          [member](Settings& s, const std::string& v) { s.kafka.*member = v; },
          [member](const Settings& s) { return s.kafka.*member; }};
}

Option s3_text(std::string key, std::string variable, std::string help,
               std::string S3Settings::*member, bool secret = false) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          secret,
          [member](Settings& s, const std::string& v) { s.s3.*member = v; },
          [member](const Settings& s) { return s.s3.*member; }};
}

template <typename T>
Option s3_number(std::string key, std::string variable, std::string help, T S3Settings::*member,
                 std::int64_t low, std::int64_t high) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          false,
          [=](Settings& s, const std::string& v) {
            s.s3.*member = static_cast<T>(whole_number(v, low, high));
          },
          [member](const Settings& s) { return std::to_string(s.s3.*member); }};
}

template <typename T>
Option kafka_number(std::string key, std::string variable, std::string help,
                    T KafkaSettings::*member, std::int64_t low, std::int64_t high) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          false,
          [=](Settings& s, const std::string& v) {
            s.kafka.*member = static_cast<T>(whole_number(v, low, high));
          },
          [member](const Settings& s) { return std::to_string(s.kafka.*member); }};
}

Option access_number(std::string key, std::string variable, std::string help, int AccessSettings::*member,
                     std::int64_t low) {
  return {std::move(key),
          std::move(variable),
          std::move(help),
          false,
          [=](Settings& s, const std::string& v) {
            s.access.*member = static_cast<int>(whole_number(v, low, 1'000'000));
          },
          [member](const Settings& s) { return std::to_string(s.access.*member); }};
}

const std::vector<Option>& options() {
  static const std::vector<Option> all = {
      text("home", "SLUICE_HOME", "all state of a local run", &Settings::home),
      {"definitions", "SLUICE_DEFINITIONS", "folders of definitions, ':' between them", false,
       [](Settings& s, const std::string& v) { s.definitions = split(v, ':'); },
       [](const Settings& s) { return joined(s.definitions); }},
      text("http.address", "SLUICE_HTTP_ADDRESS", "where the HTTP server listens",
           &Settings::http_address),
      {"http.port", "SLUICE_HTTP_PORT", "its port; from SLUICE_PORT_BASE if not set", false,
       [](Settings& s, const std::string& v) {
         s.http_port = static_cast<std::uint16_t>(whole_number(v, 0, 65535));
       },
       [](const Settings& s) { return std::to_string(s.http_port); }},
      kafka_text("kafka.brokers", "SLUICE_KAFKA_BROKERS", "host:port, commas between",
                 &KafkaSettings::brokers),
      kafka_text("kafka.topic_prefix", "SLUICE_TOPIC_PREFIX", "first word of every topic",
                 &KafkaSettings::topic_prefix),
      kafka_number("kafka.shards", "SLUICE_INGEST_SHARDS",
                   "partitions of ingest's topics; fixed once they exist", &KafkaSettings::shards,
                   1, 256),
      kafka_number("kafka.replication", "SLUICE_KAFKA_REPLICATION",
                   "replicas of topics that are created", &KafkaSettings::replication, 1, 7),
      kafka_number("kafka.transaction_timeout_ms", "SLUICE_KAFKA_TRANSACTION_TIMEOUT_MS",
                   "after which the broker aborts a silent transaction",
                   &KafkaSettings::transaction_timeout_ms, 1000, 900'000),
      s3_text("s3.endpoint", "SLUICE_S3_ENDPOINT", "URL of the S3 server; AWS's own if not set",
              &S3Settings::endpoint),
      s3_text("s3.region", "SLUICE_S3_REGION", "AWS_REGION, or us-east-1, if not set",
              &S3Settings::region),
      s3_text("s3.access_key_id", "SLUICE_S3_ACCESS_KEY_ID",
              "the AWS variables and files count if not set", &S3Settings::access_key_id),
      s3_text("s3.secret_access_key", "SLUICE_S3_SECRET_ACCESS_KEY", "belongs to it",
              &S3Settings::secret_access_key, true),
      s3_text("s3.session_token", "SLUICE_S3_SESSION_TOKEN", "belongs to temporary keys",
              &S3Settings::session_token, true),
      {"s3.addressing", "SLUICE_S3_ADDRESSING", "path, virtual or auto", false,
       [](Settings& s, const std::string& v) {
         if (v != "path" && v != "virtual" && v != "auto") {
           throw ConfigError(fmt::format("\"{}\" is none of path, virtual, auto", v));
         }
         s.s3.addressing = v;
       },
       [](const Settings& s) { return s.s3.addressing; }},
      s3_text("s3.ca_file", "SLUICE_S3_CA_FILE", "PEM file of the authorities to trust",
              &S3Settings::ca_file),
      s3_text("s3.bucket", "SLUICE_S3_BUCKET", "its objects are sources for every definition",
              &S3Settings::bucket),
      s3_text("s3.prefix", "SLUICE_S3_PREFIX", "of the objects that are sources",
              &S3Settings::prefix),
      {"s3.after", "SLUICE_S3_AFTER", "what becomes of them: keep, move, tag or delete", false,
       [](Settings& s, const std::string& v) {
         const auto after = parse_after_reading(v);
         if (!after) throw ConfigError(fmt::format("\"{}\" is none of keep, move, tag, delete", v));
         s.s3.after = *after;
       },
       [](const Settings& s) { return std::string(to_string(s.s3.after)); }},
      s3_number("s3.poll_ms", "SLUICE_S3_POLL_MS", "milliseconds between two listings",
                &S3Settings::poll_ms, 100, 86'400'000),
      s3_number("s3.concurrency", "SLUICE_S3_CONCURRENCY", "objects that are read at once",
                &S3Settings::concurrency, 1, 256),
      {"access.tokens_file", "SLUICE_TOKENS_FILE", "api, ingest: who may call them; all if not set", false,
       [](Settings& s, const std::string& v) { s.access.tokens_file = v; },
       [](const Settings& s) { return s.access.tokens_file; }},
      {"access.metrics", "SLUICE_METRICS_ACCESS", "/metrics, /version: open, or read: by token", false,
       [](Settings& s, const std::string& v) {
         if (v != "open" && v != "read") throw ConfigError(fmt::format("\"{}\" is none of open, read", v));
         s.access.metrics = v;
       },
       [](const Settings& s) { return s.access.metrics; }},
      access_number("access.requests_per_second", "SLUICE_REQUESTS_PER_SECOND",
                    "api: of one token, or address; 0: no limit", &AccessSettings::requests_per_second, 0),
      access_number("access.requests_burst", "SLUICE_REQUESTS_BURST", "of them at once, after a pause",
                    &AccessSettings::requests_burst, 1),
      text("postgres_url", "SLUICE_POSTGRES_URL", "postgresql://user:password@host:port/database",
           &Settings::postgres_url, true),
      text("instance", "SLUICE_INSTANCE_ID",
           "a stable name: a restart takes its partitions back at once", &Settings::instance),
      text("ingest_address", "SLUICE_INGEST_ADDRESS",
           "api: host:port of the ingest that takes uploads", &Settings::ingest_address),
      {"upload_limit_bytes", "SLUICE_UPLOAD_LIMIT_BYTES",
       "the longest body of an upload, unpacked too", false,
       [](Settings& s, const std::string& v) {
         s.upload_limit_bytes =
             static_cast<std::uint64_t>(whole_number(v, 1, std::int64_t{1} << 50));
       },
       [](const Settings& s) { return std::to_string(s.upload_limit_bytes); }},
      {"threads", "SLUICE_THREADS", "workers of this process", false,
       [](Settings& s, const std::string& v) {
         s.threads = static_cast<int>(whole_number(v, 1, 256));
       },
       [](const Settings& s) { return std::to_string(s.threads); }},
      {"log_level", "SLUICE_LOG_LEVEL", "debug, info, warning or error", false,
       [](Settings& s, const std::string& v) {
         if (v != "debug" && v != "info" && v != "warning" && v != "error") {
           throw ConfigError(fmt::format("\"{}\" is none of debug, info, warning, error", v));
         }
         s.log_level = v;
       },
       [](const Settings& s) { return s.log_level; }},
      text("crash_point", "SLUICE_CRASH_POINT", "tests: kill this process at a named point",
           &Settings::crash_point),
  };
  return all;
}

// Read by the launcher or by tools, not by the services; no mistake to have them set.
bool belongs_to_others(const std::string& variable) {
  static const std::vector<std::string> known = {
      "SLUICE_PORT_BASE", "SLUICE_CONFIG", "SLUICE_CACHE", "SLUICE_POSTGRES_PASSWORD",
      "SLUICE_POSTGRES_PASSWORD_FILE", "SLUICE_TOKEN", "SLUICE_TOKEN_FILE"};
  return std::ranges::find(known, variable) != known.end() ||
         variable.starts_with("SLUICE_TEST_") || variable.starts_with("SLUICE_SIMULATION_") ||
         variable.starts_with("SLUICE_LAUNCHER_") || variable.starts_with("SLUICE_BUILD_");
}

void set(const Option& option, Settings& settings, const std::string& value,
         const std::string& where) {
  try {
    option.set(settings, value);
  } catch (const ConfigError& error) {
    throw ConfigError(fmt::format("{}: {} ({})", where, error.what(), option.help));
  }
}

// Secrets are one line; the line's end is no part of them.
std::string first_line_of(const std::string& path, const std::string& variable) {
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line)) {
    throw ConfigError(fmt::format("{} names {}, which cannot be read or is empty", variable, path));
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

const Option* by_key(const std::string& key) {
  const auto found = std::ranges::find(options(), key, &Option::key);
  return found == options().end() ? nullptr : &*found;
}

void read_properties(const YAML::Node& node, const std::string& where, Settings& settings) {
  if (!node.IsMap()) throw ConfigError(where + " takes a map of librdkafka's properties");
  for (const auto& property : node) {
    const auto name = property.first.as<std::string>();
    if (!property.second.IsScalar()) throw ConfigError(where + "." + name + " takes one value");
    settings.kafka.properties[name] = property.second.as<std::string>();
  }
}

std::string value_of(const YAML::Node& node, const std::string& key, const std::string& where) {
  if (node.IsScalar()) return node.as<std::string>();
  if (!node.IsSequence() || key != "definitions") throw ConfigError(where + " takes one value");
  std::vector<std::string> parts;
  for (const auto& part : node) parts.push_back(part.as<std::string>());
  return joined(parts);
}

void read_yaml(const YAML::Node& node, const std::string& prefix, const std::string& path,
               Settings& settings) {
  for (const auto& item : node) {
    const std::string key = prefix + item.first.as<std::string>();
    const std::string where = fmt::format("{}:{}: {}", path, item.first.Mark().line + 1, key);
    if (key == "kafka.properties") {
      read_properties(item.second, where, settings);
    } else if (const Option* option = by_key(key)) {
      set(*option, settings, value_of(item.second, key, where), where);
    } else if (item.second.IsMap() && (key == "kafka" || key == "http" || key == "s3" || key == "access")) {
      read_yaml(item.second, key + ".", path, settings);
    } else {
      throw ConfigError(where + ": there is no such setting; --help lists them all");
    }
  }
}

void read_file(const std::string& path, Settings& settings) {
  try {
    const YAML::Node file = YAML::LoadFile(path);
    if (file.IsNull()) return;
    if (!file.IsMap()) throw ConfigError(path + " is not a map of settings");
    read_yaml(file, "", path, settings);
  } catch (const YAML::Exception& error) {
    throw ConfigError(fmt::format("{}: {}", path, error.what()));
  }
}

// SLUICE_… variables that are set, an empty one counting as unset, as scripts and compose files
// leave them.
std::map<std::string, std::string> own_environment() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const std::size_t equals = line.find('=');
    if (!line.starts_with("SLUICE_") || equals == std::string_view::npos) continue;
    if (equals + 1 < line.size()) out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

// Whether a setting is itself the name of a file, SLUICE_S3_CA_FILE: then its value is that name.
bool names_a_file(const std::string& variable) {
  return std::ranges::find(options(), variable, &Option::variable) != options().end();
}

// NAME_FILE=path becomes NAME=the file's first line; both at once would leave open which one
// counts.
std::map<std::string, std::string> with_files_read(std::map<std::string, std::string> variables) {
  static constexpr std::string_view kSuffix = "_FILE";
  std::map<std::string, std::string> out;
  for (auto& [name, value] : variables) {
    if (!name.ends_with(kSuffix) || belongs_to_others(name) || names_a_file(name)) {
      out.emplace(name, std::move(value));
      continue;
    }
    const std::string plain = name.substr(0, name.size() - kSuffix.size());
    if (variables.contains(plain)) throw ConfigError("set " + plain + " or " + name + ", not both");
    out.emplace(plain, first_line_of(value, name));
  }
  return out;
}

void read_environment(Settings& settings) {
  static constexpr std::string_view kProperty = "SLUICE_KAFKA__";
  for (const auto& [variable, value] : with_files_read(own_environment())) {
    if (variable.starts_with(kProperty)) {
      std::string property = variable.substr(kProperty.size());
      std::ranges::transform(property, property.begin(), [](unsigned char c) {
        return c == '_' ? '.' : static_cast<char>(std::tolower(c));
      });
      settings.kafka.properties[property] = value;
      continue;
    }
    const auto found = std::ranges::find(options(), variable, &Option::variable);
    if (found != options().end()) {
      set(*found, settings, value, variable);
    } else if (!belongs_to_others(variable)) {
      throw ConfigError(variable + ": there is no such setting; --help lists them all");
    }
  }
}

void print_help(const std::string& service) {
  fmt::print(
      "sluice-{}: settings, from a YAML file (--config FILE), then the environment, then flags\n\n",
      service);
  for (const Option& option : options()) {
    fmt::print("  --{:<30} {:<36} {}\n", option.key + " VALUE", option.variable, option.help);
  }
  fmt::print(
      "\n  kafka.properties (a map) or SLUICE_KAFKA__<PROPERTY> passes any librdkafka property.\n"
      "  NAME_FILE instead of NAME reads a variable's value from a file.\n"
      "  --print-config prints the effective settings, secrets masked.\n"
      "  --ready asks the service that runs with these settings whether it is ready: exit code 0, or 1 and "
      "why not.\n");
}

std::uint16_t port_base() {
  const char* text = std::getenv("SLUICE_PORT_BASE");
  if (text == nullptr || *text == '\0') return 8080;
  try {
    return static_cast<std::uint16_t>(whole_number(text, 1, 65000));
  } catch (const ConfigError& error) {
    throw ConfigError(std::string("SLUICE_PORT_BASE: ") + error.what());
  }
}

std::uint16_t port_offset(const std::string& service) {
  constexpr const char* kOrder[] = {"api", "ingest", "transform", "loader"};
  for (std::uint16_t i = 0; i < 4; ++i) {
    if (service == kOrder[i]) return i;
  }
  return 0;
}

// "postgresql://user:secret@host/db" -> "postgresql://user:***@host/db"; any other form may hold a
// password anywhere and is masked whole.
std::string masked(std::string url) {
  const std::size_t at = url.rfind('@');
  const std::size_t scheme = url.find("://");
  if (url.empty()) return url;
  if (at == std::string::npos || scheme == std::string::npos) return "***";
  if (url.find("password=") != std::string::npos) return "***";
  const std::size_t colon = url.find(':', scheme + 3);
  if (colon == std::string::npos || colon > at) return url;
  return url.replace(colon + 1, at - colon - 1, "***");
}

// What the command line asks for.
struct Flags {
  std::vector<std::pair<std::string, std::string>> settings;
  std::string config;
  bool help = false;
  bool version = false;
  bool print_config = false;
  bool ready = false;
};

Flags read_flags(int argc, char** argv) {
  Flags flags;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--help" || argument == "-h") {
      flags.help = true;
    } else if (argument == "--version") {
      flags.version = true;
    } else if (argument == "--print-config") {
      flags.print_config = true;
    } else if (argument == "--ready") {
      flags.ready = true;
    } else if (!argument.starts_with("--")) {
      throw ConfigError("\"" + argument + "\" is not a flag; see --help");
    } else {
      std::string key = argument.substr(2), value;
      const std::size_t equals = key.find('=');
      if (equals != std::string::npos) {
        value = key.substr(equals + 1);
        key.resize(equals);
      }
      if (key != "config" && by_key(key) == nullptr) {
        throw ConfigError("--" + key + ": there is no such flag; --help lists them all");
      }
      if (equals == std::string::npos) {
        if (++i == argc) throw ConfigError(argument + " needs a value");
        value = argv[i];
      }
      if (key == "config") {
        flags.config = value;
      } else {
        flags.settings.emplace_back(key, value);
      }
    }
  }
  return flags;
}

}  // namespace

Settings read_settings(const std::string& service, int argc, char** argv) {
  const Flags flags = read_flags(argc, argv);
  if (flags.help || flags.version) {
    if (flags.help) print_help(service);
    if (flags.version) fmt::print("{}\n", kVersion);
    std::exit(0);
  }
  Settings settings;
  settings.service = service;
  const std::uint16_t base = port_base();
  settings.http_port = static_cast<std::uint16_t>(base + port_offset(service));
  settings.kafka.brokers = fmt::format("127.0.0.1:{}", base + 4);
  settings.ingest_address = fmt::format("127.0.0.1:{}", base + port_offset("ingest"));
  settings.postgres_url = fmt::format("postgresql://sluice:sluice@127.0.0.1:{}/sluice", base + 6);

  const char* variable = std::getenv("SLUICE_CONFIG");
  std::string config = variable == nullptr ? "" : variable;
  if (!flags.config.empty()) config = flags.config;
  if (!config.empty()) read_file(config, settings);
  read_environment(settings);
  for (const auto& [key, value] : flags.settings) set(*by_key(key), settings, value, "--" + key);
  settings.only_ask_ready = flags.ready;
  if (flags.print_config) {
    fmt::print("{}\n", describe(settings));
    std::exit(0);
  }
  return settings;
}

std::string describe(const Settings& settings) {
  std::string out;
  for (const Option& option : options()) {
    const std::string value = option.get(settings);
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", option.key,
                       option.secret ? masked(value) : value);
  }
  // A property can be a password: names only.
  for (const auto& [name, value] : settings.kafka.properties)
    out += fmt::format(" kafka.properties.{}=***", name);
  return out;
}

}  // namespace sluice
