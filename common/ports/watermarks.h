#pragma once
// The moment in event time before which no event of a dataset is expected any more (common/model/event_time.h).
// Implementations are thread-safe and do not block; what they tell may be some seconds old.

#include <cstdint>
#include <optional>
#include <string>

namespace sluice {

class Watermarks {
 public:
  virtual ~Watermarks() = default;
  // Milliseconds since the epoch; nullopt: not known. `idle_ms`: the dataset's, 0 for none.
  virtual std::optional<std::int64_t> of_ms(const std::string& dataset, std::int64_t idle_ms) const = 0;
  // Whether all files have been looked at that there were when this was made. Until then nothing is known.
  virtual bool known() const = 0;
};

// Of which nothing is ever known.
class NoWatermarks final : public Watermarks {
 public:
  std::optional<std::int64_t> of_ms(const std::string& /*dataset*/, std::int64_t /*idle_ms*/) const override { return std::nullopt; }
  bool known() const override { return true; }
};

}  // namespace sluice
