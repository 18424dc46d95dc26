#pragma once
// The files of web/ as this binary holds them; made by cmake/embed.cmake.

#include "common/base/embedded_file.h"

namespace sluice {

std::span<const EmbeddedFile> web_files();

}  // namespace sluice
