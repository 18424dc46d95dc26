#include "tests/support/stack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/adapters/postgres/connection.h"

namespace sluice::testing {
namespace fs = std::filesystem;
namespace {

// A port nobody has now. Another process could take it before the service does; the service would then
// say so and the test fail, which is rare and honest.
int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port");
  }
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

Stack::Stack(StackSettings settings) : settings_(std::move(settings)) {
  std::string pattern = (fs::temp_directory_path() / "sluice-stack-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
  home_ = pattern;
  for (const char* dir : {"data/in", "data/out", "data/archive", "data/failed", "schemas", "logs", "staging"}) {
    fs::create_directories(fs::path(home_) / dir);
  }
  if (!settings_.definitions.empty()) write_definition("bookings.yaml", settings_.definitions);
  for (const char* service : kServices) choose_port(service);
}

// The system may give the same port twice, for nobody has taken it yet.
void Stack::choose_port(const std::string& service) {
  const auto is_ours = [this](int port) {
    return std::ranges::any_of(ports_, [port](const auto& known) { return known.second == port; });
  };
  int port = free_port();
  while (is_ours(port)) port = free_port();
  ports_[service] = port;
}

Stack::~Stack() {
  for (const auto& [service, pid] : std::map<std::string, pid_t>(pids_)) kill_hard(service);
  if (::testing::Test::HasFailure()) {
    std::fprintf(stderr, "the stack's home is kept for a look: %s\n", home_.c_str());
  } else {
    fs::remove_all(home_);
  }
}

void Stack::start_all() {
  for (const char* service : kServices) start(service);
}

// All share the data; what else is in a home belongs to one process of each kind.
std::string Stack::own_home(const std::string& service) const {
  const std::size_t dash = service.find('-');
  if (dash == std::string::npos) return home_;
  const fs::path own = fs::path(home_) / ("home" + service.substr(dash));
  fs::create_directories(own);
  if (!fs::exists(own / "data")) fs::create_directory_symlink(fs::path(home_) / "data", own / "data");
  return own;
}

void Stack::start(const std::string& service, const std::map<std::string, std::string>& environment) {
  if (!ports_.contains(service)) choose_port(service);
  const std::size_t dash = std::min(service.find('-'), service.size());
  std::map<std::string, std::string> env = {
      {"SLUICE_HOME", own_home(service)},
      {"SLUICE_DEFINITIONS", home_ + "/schemas"},
      {"SLUICE_KAFKA_BROKERS", settings_.kafka},
      {"SLUICE_POSTGRES_URL", settings_.postgres_url},
      {"SLUICE_TOPIC_PREFIX", settings_.topic_prefix},
      {"SLUICE_HTTP_PORT", std::to_string(ports_.at(service))},
      {"SLUICE_INGEST_ADDRESS", "127.0.0.1:" + std::to_string(ports_.at("ingest"))},
      {"SLUICE_INSTANCE_ID", settings_.topic_prefix + service.substr(dash)},
      {"SLUICE_THREADS", "1"},
      {"PATH", std::getenv("PATH") == nullptr ? "/usr/bin:/bin" : std::getenv("PATH")},
  };
  for (const auto& [name, value] : environment) env[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : env) lines.push_back(name + "=" + value);
  std::vector<char*> envp;
  for (std::string& line : lines) envp.push_back(line.data());
  envp.push_back(nullptr);
  const std::string binary = std::string(SLUICE_BIN_DIR) + "/sluice-" + service.substr(0, dash);
  std::string arg0 = binary;
  char* argv[] = {arg0.data(), nullptr};
  const std::string log_path = home_ + "/logs/" + service + ".log";

  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, 0);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execve(binary.c_str(), argv, envp.data());
    ::_exit(127);
  }
  pids_[service] = pid;
}

void Stack::signal(const std::string& service, int signal) {
  if (running(service)) ::kill(pids_.at(service), signal);
}

void Stack::kill_hard(const std::string& service) {
  if (!running(service)) return;
  ::kill(pids_.at(service), SIGKILL);
  ::waitpid(pids_.at(service), nullptr, 0);
  pids_.erase(service);
}

int Stack::stop(const std::string& service) {
  if (!running(service)) return -1;
  const pid_t pid = pids_.at(service);
  ::kill(pid, SIGTERM);
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(pid, &status, WNOHANG) == pid; },
                                std::chrono::seconds(30));
  if (!ended) return -2;
  pids_.erase(service);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -3;
}

bool Stack::running(const std::string& service) {
  const auto found = pids_.find(service);
  if (found == pids_.end()) return false;
  if (::waitpid(found->second, nullptr, WNOHANG) == 0) return true;
  pids_.erase(found);
  return false;
}

bool Stack::frozen(const std::string& service) {
  if (!running(service)) return false;
  const std::string stat = slurp("/proc/" + std::to_string(pids_.at(service)) + "/stat");
  return stat.find(") T ") != std::string::npos;
}

std::uint64_t Stack::rss_kib(const std::string& service) const {
  const auto found = pids_.find(service);
  if (found == pids_.end()) return 0;
  std::istringstream status(slurp("/proc/" + std::to_string(found->second) + "/status"));
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) return std::stoull(line.substr(6));
  }
  return 0;
}

std::chrono::system_clock::time_point Stack::drop(const std::string& name, const std::string& content) {
  const fs::path staged = fs::path(home_) / "staging" / "file";
  {
    std::ofstream out(staged, std::ios::binary);
    out << content;
  }
  const fs::path target = fs::path(home_) / "data/in" / name;
  fs::create_directories(target.parent_path());
  const auto complete = std::chrono::system_clock::now();
  fs::rename(staged, target);
  return complete;
}

std::chrono::system_clock::time_point Stack::write(const std::string& name, const std::string& content) {
  const fs::path target = fs::path(home_) / "data/in" / name;
  std::ofstream out(target, std::ios::binary);
  out << content;
  out.flush();
  const auto complete = std::chrono::system_clock::now();
  out.close();
  return complete;
}

void Stack::write_definition(const std::string& file, const std::string& text) {
  const fs::path staged = fs::path(home_) / "staging" / "definition";
  {
    std::ofstream out(staged, std::ios::binary);
    out << text;
  }
  fs::rename(staged, fs::path(home_) / "schemas" / file);
}

std::string Stack::file(const std::string& below_home) const { return slurp(fs::path(home_) / below_home); }
bool Stack::exists(const std::string& below_home) const { return fs::exists(fs::path(home_) / below_home); }
std::string Stack::log(const std::string& service) const { return file("logs/" + service + ".log"); }

Stack::Answer Stack::get(const std::string& service, const std::string& target,
                         const std::map<std::string, std::string>& headers) const {
  Answer answer;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  timeval timeout{10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(ports_.at(service)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string received;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
    request += "\r\n";
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
      char buffer[65536];
      ssize_t got = 0;
      while ((got = ::recv(fd, buffer, sizeof buffer, 0)) > 0) received.append(buffer, static_cast<std::size_t>(got));
    }
  }
  ::close(fd);
  const std::size_t head = received.find("\r\n\r\n");
  if (head == std::string::npos || received.size() < 12) return answer;
  answer.status = std::atoi(received.c_str() + 9);
  std::istringstream lines(received.substr(0, head));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    std::string value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.erase(0, 1);
    while (!value.empty() && value.back() == '\r') value.pop_back();
    answer.headers[name] = value;
  }
  answer.body = received.substr(head + 4);
  return answer;
}

int Stack::port(const std::string& service) const { return ports_.at(service); }

std::map<std::string, Receipt> Stack::receipts() const {
  std::map<std::string, Receipt> out;
  std::string cursor;
  while (true) {
    const Answer answer = get("api", "/v1/files?limit=1000" + (cursor.empty() ? "" : "&cursor=" + cursor));
    if (answer.status != 200) return {};
    const auto page = nlohmann::json::parse(answer.body);
    for (const auto& f : page.at("files")) {
      Receipt r;
      r.id = f.at("id");
      r.name = f.at("name");
      r.state = f.at("state");
      if (f.at("error").is_string()) r.error = f.at("error");
      r.rows = f.at("rows");
      r.records = f.at("records");
      r.dead_letters = f.at("dead_letters");
      r.duplicates = f.at("duplicates");
      r.corrections = f.at("corrections");
      out[r.name] = r;
    }
    if (page.at("next").is_null()) return out;
    cursor = page.at("next");
  }
}

bool Stack::all_settled(std::size_t files) const {
  const auto all = receipts();
  return all.size() == files && std::ranges::all_of(all, [](const auto& entry) {
           const Receipt& r = entry.second;
           return (r.state == "done" && r.balances()) || r.state == "duplicate" || r.state == "failed";
         });
}

namespace {

// On a machine that stands still for seconds a connection may time out, which is not what is tested.
std::unique_ptr<postgres::Connection> connected(const std::string& url) {
  for (int attempt = 1;; ++attempt) {
    try {
      return std::make_unique<postgres::Connection>(url, "stack-test");
    } catch (const std::exception&) {
      if (attempt == 5) throw;
    }
  }
}

}  // namespace

Report Stack::report() const {
  const auto connection = connected(settings_.postgres_url);
  postgres::Connection& db = *connection;
  const auto rows = db.run(
      "SELECT restaurant_id, restaurant_name, country, month, currency, number_of_bookings, "
      "number_of_guests, (amount * 100)::bigint, amount * 100 = (amount * 100)::bigint "
      "FROM monthly_restaurants_report");
  Report report;
  for (int i = 0; i < rows.size(); ++i) {
    if (rows.text(i, 8) != "t") throw std::runtime_error("an amount has a fraction of a cent");
    report[{std::string(rows.text(i, 0)), std::string(rows.text(i, 1)), std::string(rows.text(i, 2)),
            std::string(rows.text(i, 3)), std::string(rows.text(i, 4))}] = {
        rows.integer(i, 5), rows.integer(i, 6), rows.integer(i, 7)};
  }
  return report;
}

}  // namespace sluice::testing
