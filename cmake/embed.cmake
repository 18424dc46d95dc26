# sluice_embed(TARGET HEADER_FUNCTION FILES...): puts files into a library as they are, so that a binary serves them
# from itself. The assembler copies the bytes (.incbin); the generated source lists them by name for
#   std::span<const sluice::EmbeddedFile> FUNCTION();   (common/base/embedded_file.h)
function(sluice_embed target function)
  if(NOT ARGN)
    message(FATAL_ERROR "${function}: there are no files to embed")
  endif()
  set(bytes "")
  set(symbols "")
  set(list "")
  set(number 0)
  foreach(file ${ARGN})
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(name ${file} NAME)
    set(symbol "sluice_embedded_${target}_${number}")
    string(APPEND bytes "    \"${symbol}: .incbin \\\"${path}\\\"\\n\"\n    \"${symbol}_end: .byte 0\\n\"\n")
    string(APPEND symbols "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
    string(APPEND list "      {\"${name}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${target}_${function}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "// Made by cmake/embed.cmake.
#include \"common/base/embedded_file.h\"

asm(\".pushsection .rodata\\n\"
${bytes}    \".popsection\\n\");

extern \"C\" {
${symbols}}

namespace sluice {
std::span<const EmbeddedFile> ${function}() {
  static const EmbeddedFile files[] = {
${list}  };
  return files;
}
}  // namespace sluice
" @ONLY)
  # The compiler does not tell ninja what the assembler reads.
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${ARGN}")
  target_sources(${target} PRIVATE ${source})
endfunction()
