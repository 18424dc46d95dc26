#pragma once
// A code point as UTF-8.

#include <cstdint>
#include <string>

namespace sluice {

inline void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0U | (code >> 6));
  } else {
    if (code < 0x10000) {
      out += static_cast<char>(0xE0U | (code >> 12));
    } else {
      out += static_cast<char>(0xF0U | (code >> 18));
      out += static_cast<char>(0x80U | ((code >> 12) & 0x3FU));
    }
    out += static_cast<char>(0x80U | ((code >> 6) & 0x3FU));
  }
  out += static_cast<char>(0x80U | (code & 0x3FU));
}

}  // namespace sluice
