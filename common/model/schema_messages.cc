// Prints messages of the topics whose values are of this library, one JSON object a line, in every shape that they have:
// with what may be absent, and without. schemas_test.py asks the schemas of schemas/topics about them.
#include <iostream>

#include <nlohmann/json.hpp>

#include "common/model/commit_record.h"
#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "common/model/generations.h"

namespace sluice {
namespace {

constexpr std::int64_t kMoment = 1792419300123;

void print(const char* topic, const std::string& key, const std::string& value, const std::vector<Header>& headers = {}) {
  nlohmann::json named = nlohmann::json::object();
  for (const Header& header : headers) named[std::string(header.name)] = header.value;
  std::cout << nlohmann::json{{"topic", topic}, {"key", key}, {"headers", named}, {"payload", value}}.dump() << "\n";
}

Announcement announcement() {
  Announcement a;
  a.id = "17-9f86d081884c";
  a.source = "folder";
  a.path = "sub/bookings.csv";
  a.name = "bookings.csv";
  a.dataset = "bookings";
  a.sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  a.bytes = 999;
  a.mtime_ns = -5;
  a.inode = ~std::uint64_t{0};
  a.found_ms = kMoment;
  return a;
}

void print_announcements() {
  Announcement seen = announcement();
  seen.id.clear();
  seen.sha256.clear();
  seen.dataset.clear();
  print("discoveries", seen.path, to_json(seen));
  Announcement file = announcement();
  print("announcements", file.id, to_json(file));
  const ArchivedFile entry{2, "one/bookings.csv", "bookings", file.sha256, 5, "", ""};
  print("announcements", announcement_of(file, entry).id, to_json(announcement_of(file, entry)));
  file.refused = true;
  file.error = "It may not be read.";
  file.entries = {entry, {3, "two.csv", "", "", 0, "", "It is damaged."}};
  print("announcements", file.id, to_json(file));
}

void print_files() {
  const std::vector<Header> headers = {{"origin", "transaction:7"}};
  FileEntry entry;
  entry.file = announcement();
  for (const FileState state : kFileStates) {
    entry.state = state;
    print("files", entry.file.id, to_json(entry), headers);
  }
  entry.started_ms = entry.finished_ms = kMoment;
  entry.duplicate_of = "3-9f86d081884c";
  entry.error = entry.file.error = "It is damaged.";
  entry.fully_read = true;
  entry.entries = entry.entries_settled = entry.entries_failed = 1;
  entry.failures = "two.csv: It is damaged.";
  print("files", entry.file.id, to_json(entry), headers);
  entry.file = announcement_of(announcement(), {2, "one/bookings.csv", "bookings", entry.file.sha256, 5, "", ""});
  print("files", entry.file.id, to_json(entry), headers);
}

void print_counts_and_commits() {
  FileCounts counts;
  counts.file = announcement().id;
  counts.task = "bookings-stage1-0";
  counts.transaction = 1;
  print("file-counts", counts.file, to_json(counts));
  counts.entries_settled = counts.entries_failed = 1;
  counts.failure = "two.csv: It is damaged.";
  print("file-counts", counts.file, to_json(counts));

  CommitRecord commit;
  commit.task = "bookings-stage1-0";
  commit.transaction = 1;
  commit.partitions = 2;
  commit.fingerprint = "0123456789abcdef0123456789abcdef";
  print("commits", commit.task, to_json(commit));
  commit.inputs["sluice.bookings.records.v1"] = 7;
  commit.feeds = {"orders/late_orders"};
  commit.cut = 2;
  print("commits", commit.task, to_json(commit));
  print("commits", std::string(kDefinitionKey), commit.fingerprint);
  commit.task = "ingest-0";
  commit.feeds.clear();
  commit.cut = 0;
  commit.fingerprint.clear();
  print("ingest-commits", commit.task, to_json(commit));
}

void print_dead_letters() {
  DeadLetter letter;
  letter.id = "17-9f86d081884c:0:345";
  letter.dataset = "bookings";
  letter.file = "17-9f86d081884c";
  letter.file_name = "bookings.csv";
  letter.line = 345;
  letter.column = "amount";
  letter.rule = "type.money";
  letter.reason = "amount \"a lot\" is no amount";
  letter.row = "b4,r2,,,,a lot";
  letter.stage = "ingest";
  print("dead-letters", letter.id, to_json(letter),
        headers_of(letter, {"sluice.bookings.dead-letters.v1", 1, kMoment}).headers);
  letter.context = R"({"delimiter":",","format":"csv","header":"id,amount","path":{"day":"2021-01-23"},"quote":"\""})";
  letter.retry = "18-9f86d081884c";
  print("dead-letters", letter.id, to_json(letter),
        headers_of(letter, {"sluice.bookings.dead-letters.v1", 1, kMoment}).headers);
  letter.context = R"({"format":"ndjson","path":{}})";
  print("dead-letters", letter.id, to_json(letter),
        headers_of(letter, {"sluice.bookings.dead-letters.v1", 1, kMoment}).headers);
  DeadLetter poison;
  poison.id = "sluice.bookings.records.v1/3/1207";
  poison.dataset = "bookings";
  poison.rule = "json";
  poison.reason = "the message is no JSON";
  poison.stage = "transform";
  print("dead-letters", poison.id, to_json(poison), headers_of(poison, {"sluice.bookings.records.v1", 3, kMoment}).headers);
}

void print_generations() {
  DatasetGenerations generations;
  generations.dataset = "bookings";
  generations.live = {1, "0123456789abcdef0123456789abcdef", "schemas/bookings.yaml", "dataset: bookings", {}};
  print("generations", generations.dataset, to_json(generations));
  generations.building = generations.live;
  generations.building->number = 2;
  generations.building->from = {{{0, 17}}, 3};
  generations.cut = 1;
  generations.cut_open = true;
  print("generations", generations.dataset, to_json(generations));
}

}  // namespace
}  // namespace sluice

int main() {
  sluice::print_announcements();
  sluice::print_files();
  sluice::print_counts_and_commits();
  sluice::print_dead_letters();
  sluice::print_generations();
}
