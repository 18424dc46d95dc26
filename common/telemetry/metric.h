#pragma once
// What a metric is called and labelled with. The metrics themselves are in catalogue.h, which is made of
// metrics.yaml: to add one, write it there.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace sluice::metric {

// Of `Labels` labels, whose values are given in this order.
template <typename Kind, std::size_t Labels>
struct Metric {
  std::string_view name;
  std::string_view help;
  std::array<std::string_view, Labels> labels;
};

struct CounterKind {};
struct GaugeKind {};
struct HistogramKind {};
template <std::size_t Labels>
using Counter = Metric<CounterKind, Labels>;
template <std::size_t Labels>
using Gauge = Metric<GaugeKind, Labels>;
template <std::size_t Labels>
using Histogram = Metric<HistogramKind, Labels>;  // of seconds

struct ListedLabel {
  std::string_view label;
  std::span<const std::string_view> values;
};

// A counter that stands at 0 before anything is counted: for all values of its listed labels, and where it has one
// other label, from the moment that a value of it is known. Prometheus does not see an increase from nothing to 1.
struct FirstCounter {
  std::string_view service;
  std::string_view name;
  std::string_view help;
  std::string_view open_label;  // empty: none
  std::span<const ListedLabel> listed;
};

}  // namespace sluice::metric
