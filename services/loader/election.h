#pragma once
// Which of an installation's loaders writes its exports: the one whose database session holds a
// lock of PostgreSQL. A process that dies loses its session and with it the lock; one that is
// frozen, or cut off, loses both after half a minute. What a leader publishes it read in a
// transaction of that same session: once the commit came back, it did still lead. One thread.

#include <memory>
#include <string>

#include "common/adapters/postgres/connection.h"

namespace sluice::loader {

class Election {
 public:
  // `office` names the lock, within the database.
  Election(std::string postgres_url, std::string application_name, std::string office);
  ~Election();
  Election(const Election&) = delete;
  Election& operator=(const Election&) = delete;

  // The session that holds the lock; null: another process leads. Throws ConnectionLost. Ask at
  // least every 10 s to stay.
  postgres::Connection* lead();
  // How often this process has won: what it knew before the last time may be wrong now.
  int terms() const { return terms_; }
  // Gives the lock back at once.
  void resign() noexcept;

 private:
  std::string url_, application_name_, office_;
  std::unique_ptr<postgres::Connection> connection_;
  bool leads_ = false;
  int terms_ = 0;
};

}  // namespace sluice::loader
