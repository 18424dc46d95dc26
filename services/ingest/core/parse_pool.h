#pragma once
// The threads that parse and validate blocks of rows for all shard tasks of the process. The caller
// bounds what is in flight by how many futures it holds. With no threads a job runs inside
// submit(): deterministic, for the simulation.

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::ingest {

class ParsePool {
 public:
  explicit ParsePool(int threads);
  ~ParsePool();  // finishes what was submitted
  ParsePool(const ParsePool&) = delete;
  ParsePool& operator=(const ParsePool&) = delete;

  template <typename T>
  std::future<T> submit(std::function<T()> job) {
    auto task = std::make_shared<std::packaged_task<T()>>(std::move(job));
    std::future<T> result = task->get_future();
    run([task] { (*task)(); });
    return result;
  }

 private:
  void run(std::function<void()> job);
  void work();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::ingest
