#include "common/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>
#include <mutex>

#include "common/base/version.h"
#include "common/telemetry/log.h"
#include "common/telemetry/process_numbers.h"

namespace sluice {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                          1,     2.5,    5,     10,   30,    60,   300, 900,  3600};

struct WatchedDisk {
  std::string folder;
  prometheus::Gauge* free = nullptr;
  prometheus::Gauge* size = nullptr;
};

void raise_to(prometheus::Counter& counter, double value) {
  counter.Increment(std::max(0.0, value - counter.Value()));
}

}  // namespace

struct Metrics::Families {
  std::mutex mutex;  // guards the maps
  std::map<std::string, prometheus::Family<prometheus::Counter>*, std::less<>> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*, std::less<>> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*, std::less<>> histograms;

  std::mutex refreshing;  // guards what follows
  std::vector<WatchedDisk> disks;
  prometheus::Gauge* resident = nullptr;
  prometheus::Gauge* memory_limit = nullptr;
  prometheus::Gauge* open_fds = nullptr;
  prometheus::Gauge* max_fds = nullptr;
  prometheus::Counter* cpu = nullptr;
  prometheus::Counter* warnings = nullptr;
  prometheus::Counter* errors = nullptr;

  // What is only known by asking.
  void refresh() {
    const std::lock_guard lock(refreshing);
    resident->Set(resident_bytes());
    memory_limit->Set(memory_limit_bytes());
    open_fds->Set(open_descriptors());
    max_fds->Set(most_descriptors());
    raise_to(*cpu, cpu_seconds());
    const log::Counts logged = log::counts();
    raise_to(*warnings, static_cast<double>(logged.warnings));
    raise_to(*errors, static_cast<double>(logged.errors));
    for (const WatchedDisk& disk : disks) {
      const auto space = disk_space(disk.folder);
      if (!space) continue;  // a folder that is not there yet, or not any more: the last numbers stay
      disk.free->Set(space->free);
      disk.size->Set(space->size);
    }
  }
};

Metrics::Metrics(const std::string& service)
    : service_(service),
      registry_(std::make_shared<prometheus::Registry>()),
      families_(std::make_unique<Families>()) {
  for (const metric::FirstCounter& counter : metric::kFirstCounters) {
    if (counter.service == service_ && counter.open_label.empty()) start_at_zero(counter, {}, 0);
  }
  gauge(metric::kBuildInfo, service, kVersion).Set(1);
  families_->resident = &gauge(metric::kProcessResidentMemoryBytes);
  families_->memory_limit = &gauge(metric::kMemoryLimitBytes);
  families_->open_fds = &gauge(metric::kProcessOpenFds);
  families_->max_fds = &gauge(metric::kProcessMaxFds);
  families_->cpu = &counter(metric::kProcessCpuSecondsTotal);
  families_->warnings = &counter(metric::kLogMessagesTotal, "warning");
  families_->errors = &counter(metric::kLogMessagesTotal, "error");
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  gauge(metric::kProcessStartTimeSeconds).Set(now);
}

Metrics::~Metrics() = default;

void Metrics::know(std::string_view label, const std::string& value) {
  for (const metric::FirstCounter& counter : metric::kFirstCounters) {
    if (counter.service == service_ && counter.open_label == label) {
      start_at_zero(counter, {{std::string(label), value}}, 0);
    }
  }
}

// For each value of the labels from `listed` on.
void Metrics::start_at_zero(const metric::FirstCounter& counter, Labels labels, std::size_t listed) {
  if (listed == counter.listed.size()) {
    counter_of(counter.name, counter.help, labels);
    return;
  }
  for (const std::string_view value : counter.listed[listed].values) {
    labels[std::string(counter.listed[listed].label)] = value;
    start_at_zero(counter, labels, listed + 1);
  }
}

void Metrics::watch_disk(const std::string& place, const std::string& folder) {
  WatchedDisk disk{folder, &gauge(metric::kDiskFreeBytes, place), &gauge(metric::kDiskSizeBytes, place)};
  const std::lock_guard lock(families_->refreshing);
  families_->disks.push_back(std::move(disk));
}

prometheus::Counter& Metrics::counter_of(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->counters[std::string(name)];
  if (family == nullptr) {
    family = &prometheus::BuildCounter().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
  }
  return family->Add(labels);
}

prometheus::Gauge& Metrics::gauge_of(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->gauges[std::string(name)];
  if (family == nullptr) {
    family = &prometheus::BuildGauge().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
  }
  return family->Add(labels);
}

prometheus::Histogram& Metrics::histogram_of(std::string_view name, std::string_view help, const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->histograms[std::string(name)];
  if (family == nullptr) {
    family = &prometheus::BuildHistogram().Name(std::string(name)).Help(std::string(help)).Register(*registry_);
  }
  return family->Add(labels, kSeconds);
}

std::string Metrics::text() const {
  families_->refresh();
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace sluice
