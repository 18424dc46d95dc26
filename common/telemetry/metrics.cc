#include "common/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <mutex>

#include "common/base/version.h"

namespace sluice {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

double resident_bytes() {
  std::ifstream in("/proc/self/statm");
  long pages = 0, resident = 0;
  in >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

struct Metrics::Families {
  std::mutex mutex;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
  prometheus::Gauge* resident = nullptr;
  prometheus::Counter* cpu = nullptr;
};

Metrics::Metrics(const std::string& service)
    : registry_(std::make_shared<prometheus::Registry>()), families_(std::make_unique<Families>()) {
  gauge("sluice_build_info", "What runs; always 1.", {{"service", service}, {"version", kVersion}})
      .Set(1);
  families_->resident = &gauge("process_resident_memory_bytes", "Resident memory.");
  families_->cpu = &counter("process_cpu_seconds_total", "User and system processor time.");
  const auto now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  gauge("process_start_time_seconds", "When the process started, in Unix time.").Set(now);
}

Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->counters[name];
  if (family == nullptr)
    family = &prometheus::BuildCounter().Name(name).Help(help).Register(*registry_);
  return family->Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->gauges[name];
  if (family == nullptr)
    family = &prometheus::BuildGauge().Name(name).Help(help).Register(*registry_);
  return family->Add(labels);
}

prometheus::Histogram& Metrics::seconds(const std::string& name, const std::string& help,
                                        const Labels& labels) {
  const std::lock_guard lock(families_->mutex);
  auto*& family = families_->histograms[name];
  if (family == nullptr)
    family = &prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_);
  return family->Add(labels, kSeconds);
}

std::string Metrics::text() const {
  {
    const std::lock_guard lock(families_->mutex);
    families_->resident->Set(resident_bytes());
    families_->cpu->Increment(std::max(0.0, cpu_seconds() - families_->cpu->Value()));
  }
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace sluice
