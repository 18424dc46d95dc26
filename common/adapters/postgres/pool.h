#pragma once
// A bounded set of connections to one database, for a service that answers many requests at once.
// Thread-safe; a lease belongs to one thread at a time.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "common/adapters/postgres/connection.h"

namespace sluice::postgres {

class Pool {
 public:
  // Connects only when a connection is asked for.
  Pool(std::string url, std::size_t size, std::string application_name = "sluice");
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // One connection, given back when the lease ends. A connection that broke, or that comes back
  // inside a transaction, is dropped and replaced by a new one when needed. The pool outlives it.
  class Lease {
   public:
    ~Lease();
    Lease(Lease&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    Connection* operator->() { return connection_.get(); }
    Connection& operator*() { return *connection_; }

   private:
    friend class Pool;
    Lease(Pool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Waits until `deadline` for a free connection; a new one may take its connect timeout longer.
  // Throws ConnectionLost if there is none.
  Lease checkout(std::chrono::steady_clock::time_point deadline);

 private:
  void give_back(std::unique_ptr<Connection> connection);
  void forget_one();

  std::string url_;
  std::string application_name_;
  std::size_t size_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t existing_ = 0;  // idle ones and leased ones
};

}  // namespace sluice::postgres
