#pragma once
// Metrics of one service, served at /metrics in Prometheus' text format. Names are sluice_*, base
// units, `_total` for counters; labels come from closed sets (dataset, report, state, outcome),
// never file names, keys or ids. Counters and gauges live as long as the registry and are safe from
// any thread.

#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace sluice {

using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  // Adds sluice_build_info{service,version}, process_resident_memory_bytes,
  // process_cpu_seconds_total and process_start_time_seconds.
  explicit Metrics(const std::string& service);
  ~Metrics();
  // The same name and labels give the same object.
  prometheus::Counter& counter(const std::string& name, const std::string& help,
                               const Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                           const Labels& labels = {});
  // Latency buckets from 1 ms to 60 s.
  prometheus::Histogram& seconds(const std::string& name, const std::string& help,
                                 const Labels& labels = {});
  std::string text() const;

 private:
  struct Families;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace sluice
