#include "services/api/housekeeping.h"

#include <prometheus/gauge.h>

#include <chrono>
#include <sstream>

#include "common/telemetry/log.h"

namespace sluice::api {

void Housekeeping::start() {
  thread_ = std::thread([this] { run(); });
}

void Housekeeping::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string Housekeeping::database_trouble() const {
  const std::lock_guard lock(mutex_);
  return database_trouble_;
}

std::vector<std::string> Housekeeping::refused_definitions() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  std::istringstream sentences(definition_trouble_);
  for (std::string sentence; std::getline(sentences, sentence);) out.push_back(sentence);
  return out;
}

void Housekeeping::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    tick();
    lock.lock();
    wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
  }
}

// Nothing while the database is away.
std::optional<Definitions::LiveDefinitions> Housekeeping::live_definitions() {
  Definitions::LiveDefinitions out;
  try {
    database_.snapshot([&](postgres::Connection& connection) {
      const postgres::Rows rows =
          connection.run("SELECT dataset, fingerprint, path, definition FROM _sluice.generations");
      for (int i = 0; i < rows.size(); ++i) {
        out[std::string(rows.text(i, 0))] = {std::string(rows.text(i, 1)), std::string(rows.text(i, 2)),
                                             std::string(rows.text(i, 3))};
      }
    });
  } catch (const postgres::SqlError& error) {
    if (!is_missing_table(error)) return std::nullopt;
  } catch (const TaskBroken&) {
    return std::nullopt;
  }
  return out;
}

void Housekeeping::tick() {
  const std::string definition_trouble = definitions_.reload(live_definitions());
  if (definition_trouble != definition_trouble_ && !definition_trouble.empty()) {
    log::error("definitions not reloaded, the old ones stay", {{"error", definition_trouble}});
  }
  metrics_.gauge(metric::kConfigReloadSuccess).Set(definition_trouble.empty() ? 1 : 0);
  std::string trouble = database_.probe();
  const std::lock_guard lock(mutex_);
  definition_trouble_ = definition_trouble;
  database_trouble_ = std::move(trouble);
}

}  // namespace sluice::api
