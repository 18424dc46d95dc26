#include "common/adapters/postgres/pool.h"

namespace sluice::postgres {

Pool::Pool(std::string url, std::size_t size, std::string application_name)
    : url_(std::move(url)), application_name_(std::move(application_name)), size_(size) {}

Pool::~Pool() = default;

Pool::Lease Pool::checkout(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool free = freed_.wait_until(
        lock, deadline, [this] { return !idle_.empty() || existing_ < size_; });
    if (!free) throw ConnectionLost("all connections to the database are busy", false);
    if (idle_.empty()) break;
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->idle()) return Lease(this, std::move(connection));
    // It died while nobody used it (the server was restarted).
    --existing_;
  }
  ++existing_;
  lock.unlock();
  try {
    return Lease(this, std::make_unique<Connection>(url_, application_name_));
  } catch (...) {
    forget_one();
    throw;
  }
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  if (!connection->idle()) {
    connection.reset();
    forget_one();
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

void Pool::forget_one() {
  {
    const std::lock_guard lock(mutex_);
    --existing_;
  }
  freed_.notify_one();
}

Pool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(std::move(connection_));
}

}  // namespace sluice::postgres
