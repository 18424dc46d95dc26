#include "services/ingest/core/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/origin.h"

namespace sluice::ingest {
namespace {

using Meaning = Ledger::Meaning;

const std::string kBytesA(64, 'a');
const std::string kBytesB(64, 'b');

Announcement announcement(std::uint64_t place, const std::string& sha256, const std::string& path,
                          std::uint64_t inode) {
  Announcement out;
  out.id = file_id(place, sha256);
  out.path = path;
  out.name = path;
  out.dataset = "bookings";
  out.sha256 = sha256;
  out.bytes = 100;
  out.mtime_ns = 5;
  out.inode = inode;
  out.found_ms = 1000;
  return out;
}

FileCounts counts(const std::string& id, std::uint64_t records, std::uint64_t duplicates = 0) {
  FileCounts out;
  out.file = id;
  out.records = records;
  out.duplicates = duplicates;
  return out;
}

class LedgerTest : public ::testing::Test {
 protected:
  FileEntry* next() {
    return ledger.next_waiting([](const FileEntry&) { return true; });
  }
  FileEntry& reading(const Announcement& file, std::uint64_t rows) {
    EXPECT_EQ(ledger.announce(file, 2000), Meaning::kNew);
    FileEntry& entry = *ledger.find(file.id);
    ledger.start_reading(entry, 2000);
    entry.rows = entry.published = rows;
    return entry;
  }
  void write() {
    ledger.take_changed();
    ledger.forget_finished();
  }

  Ledger ledger;
  const Announcement a = announcement(1, kBytesA, "a.csv", 11);
  const Announcement copy_of_a = announcement(2, kBytesA, "copy.csv", 12);
};

TEST_F(LedgerTest, TheSameDeliveryAnnouncedAgainIsKnownWhileItIsWorkedOn) {
  EXPECT_EQ(ledger.announce(a, 2000), Meaning::kNew);
  EXPECT_EQ(ledger.announce(a, 2000), Meaning::kKnown);
  EXPECT_EQ(ledger.announce(announcement(9, kBytesA, "a.csv", 11), 2000), Meaning::kKnown)
      << "another instance saw it and gave it another place";
  EXPECT_EQ(ledger.unsettled(), 1U);
}

TEST_F(LedgerTest, TheSameDeliveryAnnouncedAfterItWasReadOnlyNeedsMoving) {
  FileEntry& entry = reading(a, 1);
  ledger.mark_fully_read(entry, 3000);
  EXPECT_EQ(ledger.announce(announcement(9, kBytesA, "a.csv", 11), 4000), Meaning::kFinished);
  ledger.fold(counts(a.id, 1), 5000);
  write();
  EXPECT_EQ(ledger.find(a.id), nullptr);
  EXPECT_EQ(ledger.announce(announcement(10, kBytesA, "a.csv", 11), 6000), Meaning::kFinished);
}

TEST_F(LedgerTest, TheSameBytesElsewhereAreADuplicateOnceTheFirstIsRead) {
  FileEntry& entry = reading(a, 1);
  EXPECT_EQ(ledger.announce(copy_of_a, 2000), Meaning::kNew);
  EXPECT_EQ(next(), nullptr) << "it waits for what becomes of the first";
  EXPECT_EQ(ledger.already_read("bookings", kBytesA), std::nullopt);
  ledger.mark_fully_read(entry, 3000);
  ASSERT_NE(next(), nullptr);
  EXPECT_EQ(ledger.already_read("bookings", kBytesA), a.id);
  ledger.mark_duplicate(*next(), a.id, 3000);
  EXPECT_EQ(ledger.find(copy_of_a.id)->state, FileState::kDuplicate);
  EXPECT_EQ(ledger.find(copy_of_a.id)->duplicate_of, a.id);
}

TEST_F(LedgerTest, TheSameBytesForAnotherDatasetAreNoDuplicate) {
  Announcement other = announcement(2, kBytesA, "orders.csv", 12);
  other.dataset = "orders";
  FileEntry& entry = reading(a, 1);
  EXPECT_EQ(ledger.announce(other, 2000), Meaning::kNew);
  ASSERT_NE(next(), nullptr) << "it waits for nobody";
  ledger.mark_fully_read(entry, 3000);
  EXPECT_EQ(ledger.already_read("orders", kBytesA), std::nullopt);
  EXPECT_EQ(ledger.already_read("bookings", kBytesA), a.id);
}

TEST_F(LedgerTest, ADeliveryPutBackForTheDatasetThatTakesItNowIsReadAgain) {
  FileEntry& entry = reading(a, 1);
  ledger.mark_fully_read(entry, 3000);
  Announcement again = announcement(9, kBytesA, "a.csv", 11);
  again.dataset = "bookings_2";
  EXPECT_EQ(ledger.announce(again, 4000), Meaning::kNew);
}

TEST_F(LedgerTest, ACopyOfAFileThatFailedIsReadAsANewOne) {
  FileEntry& entry = reading(a, 1);
  ledger.announce(copy_of_a, 2000);
  ledger.mark_failed(entry, "it changed", 3000);
  ASSERT_NE(next(), nullptr);
  EXPECT_EQ(ledger.already_read("bookings", kBytesA), std::nullopt);
}

TEST_F(LedgerTest, AFailedDeliveryFoundAgainLaterIsARetry) {
  Announcement broken = a;
  broken.error = "It is empty.";
  EXPECT_EQ(ledger.announce(broken, 2000), Meaning::kNew);
  EXPECT_EQ(ledger.find(a.id)->state, FileState::kFailed);
  EXPECT_EQ(ledger.find(a.id)->error, "It is empty.");
  write();
  Announcement again = announcement(5, kBytesA, "a.csv", 11);
  again.found_ms = 2000;
  EXPECT_EQ(ledger.announce(again, 9000), Meaning::kKnown) << "found before it failed";
  again.found_ms = 2001;
  EXPECT_EQ(ledger.announce(again, 9000), Meaning::kFailedBefore);
  ledger.enter(again, 9000);
  EXPECT_EQ(next()->file.id, again.id);
}

TEST_F(LedgerTest, WaitingFilesAreReadInTheOrderOfTheirPlaces) {
  ledger.announce(announcement(10, kBytesB, "b.csv", 13), 2000);
  ledger.announce(announcement(9, kBytesA, "a.csv", 11), 2000);
  EXPECT_EQ(next()->file.path, "a.csv");
  const FileEntry* only_b =
      ledger.next_waiting([](const FileEntry& entry) { return entry.file.path == "b.csv"; });
  EXPECT_EQ(only_b->file.path, "b.csv");
}

TEST_F(LedgerTest, AFileIsDoneWhenEveryPublishedRecordIsAccountedFor) {
  FileEntry& entry = reading(a, 3);
  EXPECT_TRUE(ledger.fold(counts(a.id, 1), 3000));
  ledger.mark_fully_read(entry, 4000);
  EXPECT_EQ(entry.state, FileState::kReading);
  EXPECT_EQ(ledger.unbalanced().size(), 1U);
  ledger.fold(counts(a.id, 1, 1), 5000);
  EXPECT_EQ(entry.state, FileState::kDone);
  EXPECT_EQ(entry.finished_ms, 5000);
}

TEST_F(LedgerTest, RowsAreUnaccountedForUntilItIsKnownWhatBecameOfEach) {
  FileEntry& entry = reading(a, 10);
  entry.rejected = 3;
  entry.published = 7;
  EXPECT_EQ(ledger.unaccounted_rows(), 7U);
  ledger.mark_fully_read(entry, 3000);
  ledger.fold(counts(a.id, 4, 2), 4000);
  EXPECT_EQ(ledger.unaccounted_rows(), 1U);
  ledger.fold(counts(a.id, 1), 5000);
  EXPECT_EQ(ledger.unaccounted_rows(), 0U);
}

TEST_F(LedgerTest, AFileWithoutRecordsIsDoneWhenItIsRead) {
  FileEntry& entry = reading(a, 0);
  entry.rows = entry.rejected = 2;
  ledger.mark_fully_read(entry, 4000);
  EXPECT_EQ(entry.state, FileState::kDone);
}

TEST_F(LedgerTest, AFailedFileStillGetsTheCountsOfWhatItPublished) {
  FileEntry& entry = reading(a, 2);
  ledger.mark_failed(entry, "it changed", 3000);
  write();
  EXPECT_TRUE(ledger.fold(counts(a.id, 2), 4000));
  EXPECT_EQ(ledger.find(a.id)->records, 2U);
  EXPECT_EQ(ledger.find(a.id)->state, FileState::kFailed);
  write();
  EXPECT_EQ(ledger.find(a.id), nullptr);
  EXPECT_FALSE(ledger.fold(counts(a.id, 1), 5000));
}

TEST_F(LedgerTest, ARestoredLedgerKnowsWhatTheOldOneKnew) {
  FileEntry& entry = reading(a, 1);
  ledger.mark_fully_read(entry, 3000);
  FileEntry half = entry;
  half.file = announcement(3, kBytesB, "b.csv", 13);
  half.fully_read = false;
  half.next_byte = 50;

  Ledger restored;
  FileEntry waiting = entry;
  waiting.state = FileState::kWaiting;
  waiting.fully_read = false;
  restored.restore(waiting);
  restored.restore(entry);
  restored.restore(half);
  EXPECT_EQ(restored.next_waiting([](const FileEntry&) { return true; }), nullptr);
  EXPECT_EQ(restored.already_read("bookings", kBytesA), a.id);
  ASSERT_EQ(restored.reading().size(), 1U);
  EXPECT_EQ(restored.reading()[0]->next_byte, 50U);
  restored.fold(counts(a.id, 1), 4000);
  EXPECT_EQ(restored.find(a.id)->state, FileState::kDone);
  EXPECT_EQ(restored.announce(a, 5000), Meaning::kFinished);
}

TEST_F(LedgerTest, ChangedEntriesAreGivenOutOnceAndFinishedOnesForgotten) {
  FileEntry& entry = reading(a, 0);
  EXPECT_TRUE(ledger.has_changes());
  EXPECT_EQ(ledger.take_changed().size(), 1U);
  EXPECT_FALSE(ledger.has_changes());
  ledger.mark_fully_read(entry, 3000);
  write();
  EXPECT_EQ(ledger.unsettled(), 0U);
  EXPECT_EQ(ledger.already_read("bookings", kBytesA), a.id);
}

TEST_F(LedgerTest, OfTheSameBytesTheFirstInTheOrderOfPlaceAndEntryIsReadFirst) {
  for (const std::uint32_t number : {10U, 2U, 11U}) {
    Announcement file = announcement(5, kBytesB, "all.zip/" + std::to_string(number), 15);
    file.inside = InArchive{"5-cccccccccccc", number, std::to_string(number), 100};
    file.id = file_id(5, kBytesB, number);
    EXPECT_EQ(ledger.announce(file, 2000), Meaning::kNew);
  }
  EXPECT_EQ(next()->file.id, file_id(5, kBytesB, 2));
  FileEntry& first = *next();
  ledger.start_reading(first, 2000);
  EXPECT_EQ(next(), nullptr);
  ledger.mark_fully_read(first, 2000);
  EXPECT_EQ(ledger.already_read("bookings", kBytesB), file_id(5, kBytesB, 2));
  EXPECT_EQ(next()->file.id, file_id(5, kBytesB, 10));
}

}  // namespace
}  // namespace sluice::ingest
