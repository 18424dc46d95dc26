#pragma once
// From the encoding of a file to UTF-8, as a stream.

#include <memory>
#include <string>
#include <string_view>

#include "common/base/byte_reader.h"
#include "common/definition/definition.h"

namespace sluice {

// Stands for a byte (or a unit of two) that is no character of its encoding. It never occurs in UTF-8, so
// that the row it stands in, and no other, is seen to be broken.
inline constexpr char kBadByte = '\xff';

// How much of a file's beginning tells its encoding.
inline constexpr std::size_t kEncodingBytes = 256 * 1024;

// What a file that begins so is written in; never kFound. A byte order mark says it, then an XML
// declaration, then the NULs of UTF-16. Else it is UTF-8 as far as it can be: only where bytes above 127
// occur, none of them forms a character of UTF-8, and all are letters or signs that Western texts have,
// is it Windows-1252.
Encoding find_encoding(std::string_view start);
// "utf-8" and so on, as definitions have it.
std::string_view name_of(Encoding encoding);

class TextDecoder {
 public:
  explicit TextDecoder(Encoding encoding) : encoding_(encoding) {}
  // Appends what `bytes` are in UTF-8. What ends inside a character waits for the next bytes; `at_end`:
  // there are none. A byte order mark of UTF-16 is left out.
  void decode(std::string_view bytes, bool at_end, std::string& out);

 private:
  void decode_utf16(std::string_view bytes, bool at_end, std::string& out);
  void add_unit(unsigned unit, std::string& out);

  Encoding encoding_;
  bool at_start_ = true;
  bool has_byte_ = false;  // the first of a unit
  unsigned char byte_ = 0;
  unsigned high_ = 0;  // the first unit of a surrogate pair
};

// `bytes` as UTF-8. UTF-8 itself passes through.
std::unique_ptr<ByteReader> decoded(std::unique_ptr<ByteReader> bytes, Encoding encoding);

}  // namespace sluice
