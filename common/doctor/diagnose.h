#pragma once
// The file doctor: reads a file as its definition says and tells what would become of it. For a file
// that no definition takes, one is proposed and the file is read by it. Pure; memory does not grow with
// the file but for the hashes of up to kMostKeys keys.

#include <memory>
#include <set>
#include <string>

#include "common/base/byte_reader.h"
#include "common/doctor/diagnosis.h"

namespace sluice::doctor {

// `bytes`: unpacked. `path`: for the file's name and what the definition takes from its folders.
// `dataset`: null, if no definition takes it. `taken`: names that a proposed dataset must not have.
Diagnosis diagnose(ByteReader& bytes, const std::string& path,
                   std::shared_ptr<const Dataset> dataset, const std::set<std::string>& taken);

}  // namespace sluice::doctor
