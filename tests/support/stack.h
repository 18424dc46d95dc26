#pragma once
// The four real services as child processes on a given broker and database, each under the test's own
// control: started, killed the hard way, started again. Everything a test does to them is something that
// happens to a user; everything it sees comes from where a user looks.

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/support/bookings.h"
#include "tests/support/eventually.h"

namespace sluice::testing {

struct StackSettings {
  std::string kafka;         // host:port
  std::string postgres_url;  // of a database of its own
  std::string topic_prefix;  // of its own
  std::string definitions;   // YAML text of bookings.yaml; more can be added with write_definition
};

// What GET /v1/files says of one file.
struct Receipt {
  std::string id, name, state, error;
  std::uint64_t rows = 0, records = 0, dead_letters = 0, duplicates = 0, corrections = 0;
  bool balances() const { return rows == records + dead_letters + duplicates + corrections; }
};

class Stack {
 public:
  explicit Stack(StackSettings settings);
  ~Stack();  // kill -9 of what runs; removes its home unless a test failed
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  // More than one of a kind: "ingest-2" is a second ingest, on the same data, with state of its own, as on
  // another machine. Every name below may be such a one.
  static constexpr const char* kServices[] = {"ingest", "transform", "loader", "api"};

  void start_all();
  void start(const std::string& service, const std::map<std::string, std::string>& environment = {});
  void signal(const std::string& service, int signal);
  void kill_hard(const std::string& service);   // SIGKILL and wait
  int stop(const std::string& service);         // SIGTERM, wait at most 30 s; its exit code
  bool running(const std::string& service);     // also reaps one that ended
  bool frozen(const std::string& service);      // by SIGSTOP, its own or another's
  std::uint64_t rss_kib(const std::string& service) const;

  // Writes elsewhere on the same disk, then renames: a complete file at once. Both return the moment just
  // before it could be seen as complete.
  std::chrono::system_clock::time_point drop(const std::string& name, const std::string& content);
  // Writes and closes it where it is found.
  std::chrono::system_clock::time_point write(const std::string& name, const std::string& content);
  void write_definition(const std::string& file, const std::string& text);

  std::string home() const { return home_; }
  std::string file(const std::string& below_home) const;  // contents; empty if absent
  bool exists(const std::string& below_home) const;
  std::string log(const std::string& service) const;

  struct Answer {
    int status = 0;
    std::string body;
    std::map<std::string, std::string> headers;  // lower-case names
  };
  Answer get(const std::string& service, const std::string& target,
             const std::map<std::string, std::string>& headers = {}) const;
  // Where it listens on 127.0.0.1.
  int port(const std::string& service) const;
  std::map<std::string, Receipt> receipts() const;  // by file name
  // Every dropped file is done, duplicate or failed, and its receipt balances.
  bool all_settled(std::size_t files) const;
  // The bookings report as it stands in PostgreSQL; amounts in cents.
  Report report() const;

 private:
  std::string own_home(const std::string& service) const;
  void choose_port(const std::string& service);

  StackSettings settings_;
  std::string home_;
  std::map<std::string, pid_t> pids_;
  std::map<std::string, int> ports_;
};

}  // namespace sluice::testing
