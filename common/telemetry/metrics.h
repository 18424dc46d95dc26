#pragma once
// Metrics of one service, served at /metrics in Prometheus' text format. Each is one of the catalogue's
// (catalogue.h, made of metrics.yaml), which tells its name, its labels and who has it:
//
//   metrics.counter(metric::kDeadLettersTotal, dataset, rule).Increment();
//
// Counters and gauges live as long as the registry and are safe from any thread.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/telemetry/catalogue.h"

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
  // The numbers of the process, and this service's counters that need no more than that, at 0.
  explicit Metrics(const std::string& service);
  ~Metrics();

  // A value for each label, in the catalogue's order. The same metric and values give the same object.
  template <std::size_t N, typename... Values>
  prometheus::Counter& counter(const metric::Counter<N>& metric, const Values&... values) {
    return counter_of(metric.name, metric.help, labels_of(metric, values...));
  }
  template <std::size_t N, typename... Values>
  prometheus::Gauge& gauge(const metric::Gauge<N>& metric, const Values&... values) {
    return gauge_of(metric.name, metric.help, labels_of(metric, values...));
  }
  // Buckets from 1 ms to an hour.
  template <std::size_t N, typename... Values>
  prometheus::Histogram& seconds(const metric::Histogram<N>& metric, const Values&... values) {
    return histogram_of(metric.name, metric.help, labels_of(metric, values...));
  }

  // Something that is counted by this label: its counters appear, at 0. know("dataset", "bookings")
  void know(std::string_view label, const std::string& value);
  // The disk of this folder is told as sluice_disk_*{place}; `place` is one of the catalogue's.
  void watch_disk(const std::string& place, const std::string& folder);

  std::string text() const;

 private:
  template <typename Kind, std::size_t N, typename... Values>
  static Labels labels_of(const metric::Metric<Kind, N>& metric, const Values&... values) {
    static_assert(sizeof...(Values) == N, "a metric wants a value for each of its labels");
    Labels out;
    [[maybe_unused]] std::size_t next = 0;
    (out.emplace(metric.labels[next++], values), ...);
    return out;
  }
  prometheus::Counter& counter_of(std::string_view name, std::string_view help, const Labels& labels);
  prometheus::Gauge& gauge_of(std::string_view name, std::string_view help, const Labels& labels);
  prometheus::Histogram& histogram_of(std::string_view name, std::string_view help, const Labels& labels);
  void start_at_zero(const metric::FirstCounter& counter, Labels labels, std::size_t listed);

  struct Families;
  const std::string service_;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace sluice
