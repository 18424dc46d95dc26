#pragma once
// Reads a whole zip or tar once: its own fingerprint, and of each file in it the dataset that takes it, its
// fingerprint, or why it cannot be read. A file that is refused does not keep the others from being
// read; an archive that is damaged, cut off or over its limits is refused whole, before a row of it is sent.

#include <memory>
#include <vector>

#include "common/adapters/archive/archive_reader.h"
#include "services/ingest/dataset_choice.h"
#include "services/ingest/fingerprint.h"

namespace sluice::ingest {

struct ArchiveListing {
  Fingerprint print;                  // of the archive's bytes
  std::vector<ArchivedFile> entries;  // empty if that has an error
};

struct ListingLimits {
  archive::ArchiveLimits archive;
  // Of the entries as they stand in the archive's announcement, which is one message.
  std::size_t listed_bytes = std::size_t{4} << 20;
};

// `bytes`: a zip or tar that is not compressed as a whole. Where `file` has a dataset, all its files are that
// one's, whatever their names. Constant memory but for the list. SourceAway passes through.
ArchiveListing list_archive(std::unique_ptr<FileReader> bytes, const Announcement& file,
                            const DatasetOf& dataset_of, const DefinitionOf& definition_of,
                            const std::function<bool()>& keep_going,
                            const ListingLimits& limits = {});

}  // namespace sluice::ingest
