#include "services/transform/core/contribution.h"

#include "services/transform/core/cell_bytes.h"

namespace sluice::transform {
namespace {

constexpr std::size_t kWindowPlace = static_cast<std::size_t>(-2);
// A day's label is asked for by every record of that day; instants repeat less and are forgotten.
constexpr std::size_t kCachedWindows = 8192;

}  // namespace

Contribution::Contribution(const Dataset& dataset, const ReportSpec& report,
                           const Projection& projection)
    : report_(report), measures_(report, dataset.columns, projection.place_of()) {
  for (const ReportColumn& column : report.columns) {
    if (column.kind == ReportColumnKind::kGroup) {
      group_places_.push_back(projection.place_of().at(column.index));
    } else if (column.kind == ReportColumnKind::kWindow) {
      group_places_.push_back(kWindowPlace);
    }
  }
  if (report.window && dataset.event_time) {
    event_place_ = projection.place_of().at(*dataset.event_time);
  }
}

const Contribution::Window* Contribution::window_of(const Cell& event) {
  std::int64_t moment = 0;
  if (const auto* date = std::get_if<Date>(&event)) {
    moment = date->days;
  } else if (const auto* instant = std::get_if<Instant>(&event)) {
    moment = instant->micros;
  } else {
    return nullptr;
  }
  const auto found = windows_.find(moment);
  if (found != windows_.end()) return &found->second;

  if (windows_.size() >= kCachedWindows) windows_.clear();
  const WindowSpec& spec = *report_.window;
  Window window;
  std::string label;
  if (const auto* date = std::get_if<Date>(&event)) {
    label = window_label(spec.calendar, spec.pattern, *date);
    window.end = window_end(spec.calendar, *date);
  } else {
    label = window_label(spec.calendar, spec.pattern, std::get<Instant>(event));
    window.end = window_end(spec.calendar, std::get<Instant>(event));
  }
  append_cell(window.label, std::string_view(label));
  return &windows_.emplace(moment, std::move(window)).first->second;
}

void Contribution::group_of(const Projection::Columns& record, std::string& out) {
  out.clear();
  for (const std::size_t place : group_places_) {
    if (place != kWindowPlace) {
      out.append(record.bytes[place]);
      continue;
    }
    const Window* window = window_of(record.cells[event_place_]);
    if (window != nullptr) {
      out.append(window->label);
    } else {
      append_cell(out, std::monostate{});
    }
  }
}

std::optional<Instant> Contribution::window_end_of(const Projection::Columns& record) {
  if (event_place_ == Projection::kUnused) return std::nullopt;
  const Window* window = window_of(record.cells[event_place_]);
  if (window == nullptr) return std::nullopt;
  return window->end;
}

std::optional<Instant> event_instant(const Cell& cell) {
  constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
  if (const auto* date = std::get_if<Date>(&cell)) return Instant{date->days * kMicrosPerDay};
  if (const auto* instant = std::get_if<Instant>(&cell)) return *instant;
  return std::nullopt;
}

}  // namespace sluice::transform
