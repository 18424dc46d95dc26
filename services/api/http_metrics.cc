#include "services/api/http_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace sluice::api {
namespace {

// Looking a metric up by its labels builds strings and a map; a request should not pay that.
struct Known {
  std::map<std::pair<std::string, int>, prometheus::Counter*> counters;
  std::map<std::string, prometheus::Histogram*, std::less<>> histograms;
};

}  // namespace

void observe_requests(http::Server& server, Metrics& metrics) {
  auto known = std::make_shared<Known>();
  server.observe([known, &metrics](const http::Answered& answered) {
    const auto& [route, method, seconds, request, response] = answered;
    const int status = response.status;
    const std::string key = std::string(method) + " " + std::string(route);
    prometheus::Counter*& counter = known->counters[{key, status}];
    prometheus::Histogram*& histogram = known->histograms[key];
    if (counter == nullptr) {
      counter = &metrics.counter(metric::kHttpRequestsTotal, std::string(route), std::string(method),
                                 std::to_string(status));
    }
    if (histogram == nullptr) {
      histogram = &metrics.seconds(metric::kHttpRequestDurationSeconds, std::string(route), std::string(method));
    }
    counter->Increment();
    histogram->Observe(seconds);
  });
}

}  // namespace sluice::api
