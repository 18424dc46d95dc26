#pragma once
#include <string>

#include "common/doctor/diagnosis.h"

namespace sluice::doctor {

// One JSON object on one line, without a line break; its receipt's members are named as those of
// GET /v1/files.
std::string to_json(const Diagnosis& diagnosis);

std::string_view name_of(LineEnds ends);    // "LF" …; empty: there is one line only
std::string_view name_of(FileFormat format);  // "csv" …

}  // namespace sluice::doctor
