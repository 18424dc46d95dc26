#include "common/runtime/partition_worker.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "common/base/error.h"
#include "common/runtime/worker_loop.h"

namespace sluice {

struct PartitionWorker::Impl {
  Impl(std::string worker, TaskFactory& tasks, WorkerParts parts, const Clock& clock,
       Metrics& metrics)
      : name(worker), loop(std::move(worker), tasks, std::move(parts), clock, metrics) {}

  // Returns whether it was asked to stop.
  bool wait(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex);
    return stop_asked.wait_for(lock, pause, [this] { return stopping; });
  }

  void run(const std::function<void(const std::string&)>& on_fatal) {
    try {
      while (!wait(loop.step())) continue;
    } catch (const std::exception& error) {
      if (on_fatal) on_fatal(fmt::format("worker {}: {}", name, error.what()));
    }
    loop.drain();
  }

  std::string name;
  WorkerLoop loop;
  std::thread thread;
  std::mutex mutex;  // guards stopping
  std::condition_variable stop_asked;
  bool stopping = false;
};

PartitionWorker::PartitionWorker(std::string name, TaskFactory& tasks, WorkerParts parts,
                                 const Clock& clock, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(name), tasks, std::move(parts), clock, metrics)) {}

PartitionWorker::~PartitionWorker() { stop(); }

void PartitionWorker::start() {
  impl_->thread = std::thread([this] { impl_->run(on_fatal); });
}

void PartitionWorker::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->stop_asked.notify_all();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::string PartitionWorker::not_ready() const { return impl_->loop.not_ready(); }

}  // namespace sluice
