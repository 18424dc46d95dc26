#pragma once
// What --version, /version and sluice_build_info say.

namespace sluice {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace sluice
