#pragma once
// A broker and a database of one test's own, for tests that kill them. They run in a folder that is
// removed at the end, and end with this process whatever becomes of it.

#include <string>

#include "tests/support/environment.h"

namespace sluice::testing {

class PrivateServers {
 public:
  PrivateServers();   // some seconds; throws where one does not come up
  ~PrivateServers();
  PrivateServers(const PrivateServers&) = delete;
  PrivateServers& operator=(const PrivateServers&) = delete;

  std::string kafka() const { return environment_.kafka; }
  std::string s3() const { return environment_.s3; }
  std::string postgres_url() const { return environment_.postgres; }
  std::string fresh_database() const { return testing::fresh_database(environment_.postgres); }

  // kill -9, and the start after it: same port, same state. start_… returns when clients are served.
  void kill_kafka() const { run("kill", "kafka"); }
  void start_kafka() const { run("revive", "kafka"); }
  // Stands still until it is thawed: no process of a starved machine does more.
  void freeze_kafka() const { run("freeze", "kafka"); }
  void thaw_kafka() const { run("thaw", "kafka"); }
  void kill_postgres() const { run("kill", "postgres"); }
  void start_postgres() const { run("revive", "postgres"); }
  void kill_s3() const { run("kill", "s3"); }
  void start_s3() const { run("revive", "s3"); }

 private:
  void run(const std::string& command, const std::string& argument) const;
  std::string dir_;
  TestEnvironment environment_;
};

}  // namespace sluice::testing
