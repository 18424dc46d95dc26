#pragma once
// ISO 4217: which codes there are, and how many digits stand behind the point.

#include <optional>
#include <string_view>

namespace sluice {

// The minor units of a currency: 2 for EUR, 0 for JPY; nullopt if the code is not in ISO 4217, or
// has no money behind it (XXX "no currency", XTS "test").
std::optional<int> minor_units(std::string_view code);

}  // namespace sluice
