#include "common/base/sql_text.h"

namespace sluice {

std::string quote_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

void append_copy_text(std::string& out, std::string_view value) {
  for (;;) {
    const std::size_t plain = value.find_first_of("\\\t\n\r");
    out.append(value.substr(0, plain));
    if (plain == std::string_view::npos) return;
    out.push_back('\\');
    switch (value[plain]) {
      case '\t':
        out.push_back('t');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      default:
        out.push_back('\\');
    }
    value.remove_prefix(plain + 1);
  }
}

}  // namespace sluice
