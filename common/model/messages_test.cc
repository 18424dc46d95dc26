// Origins, announcements, ledger entries, counts and dead letters, as they stand on the topics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/model/dead_letter.h"
#include "common/model/file_events.h"
#include "common/model/origin.h"

namespace sluice {
namespace {

using testing::HasSubstr;

TEST(Origin, IsReadAsItIsWritten) {
  const auto origin = parse_origin("17-9f86d081884c:2:345");
  ASSERT_TRUE(origin.has_value());
  EXPECT_EQ(origin->place, 17U);
  EXPECT_EQ(origin->fingerprint, "9f86d081884c");
  EXPECT_EQ(origin->entry, 2U);
  EXPECT_EQ(origin->line, 345U);
  const auto inside = parse_origin("17.2-9f86d081884c:2:345");
  ASSERT_TRUE(inside.has_value());
  EXPECT_EQ(inside->place, 17U);
  EXPECT_EQ(inside->entry, 2U);
  EXPECT_FALSE(parse_origin("17.2-9f86d081884c:3:345").has_value()) << "the id and the entry must agree";
  EXPECT_EQ(file_id_of("17-9f86d081884c:2:345"), "17-9f86d081884c");
  EXPECT_EQ(file_id_of("17-9f86d081884c"), "17-9f86d081884c");
}

TEST(Origin, WhatIsMalformedIsRefused) {
  for (const char* text :
       {"", "17", "17-9f86d081884c", "17-9f86d081884c:0",
        "17-9f86d081884c:0:", "17-9f86d081884c::1", "-9f86d081884c:0:1", "17-9f86d081884:0:1",
        "17-9f86d081884cc:0:1", "17-9F86D081884C:0:1", "17-9f86d081884g:0:1", "x-9f86d081884c:0:1",
        "17-9f86d081884c:-1:1", "17-9f86d081884c:0:1x", "17-9f86d081884c:4294967296:1",
        "18446744073709551616-9f86d081884c:0:1", "17-9f86d081884c:0:1:1", " 17-9f86d081884c:0:1",
        "17:9f86d081884c-0:1"}) {
    EXPECT_FALSE(parse_origin(text).has_value()) << text;
  }
}

TEST(FileId, IsThePlaceAndTheFingerprint) {
  EXPECT_EQ(file_id(17, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            "17-9f86d081884c");
  EXPECT_EQ(file_id(0, ""), "0-000000000000");
}

TEST(FileId, TheSameBytesGoToTheSameShardUnderAnyPlace) {
  std::set<std::int32_t> seen;
  for (int i = 0; i < 50; ++i) {
    std::string hash = std::to_string(100000000000 + i * 7919);
    const std::int32_t shard = shard_of(file_id(1, hash), 8);
    EXPECT_EQ(shard, shard_of(file_id(99, hash), 8));
    EXPECT_GE(shard, 0);
    EXPECT_LT(shard, 8);
    seen.insert(shard);
  }
  EXPECT_EQ(seen.size(), 8U);
}

// A number that a message's reader cannot hold must not become another one.
TEST(Messages, WithANumberThatIsNotWholeOrDoesNotFitAreRefused) {
  const auto with = [](std::string json, std::string_view name, std::string_view number) {
    const std::size_t at = json.find("\"" + std::string(name) + "\":") + name.size() + 3;
    return json.replace(at, json.find_first_of(",}", at) - at, number);
  };
  const std::string entry = to_json(FileEntry{}), counts = to_json(FileCounts{}), letter = to_json(DeadLetter{});
  const std::string announcement = to_json(Announcement{});
  ASSERT_TRUE(file_entry_from_json(entry) && file_counts_from_json(counts) && dead_letter_from_json(letter) &&
              announcement_from_json(announcement));
  for (const char* number : {"1.5", "1e3", "-1", "18446744073709551616", "true", "\"1\"", "null", "1e300"}) {
    for (const char* name : {"next_byte", "next_line", "rows", "published", "rejected", "poisoned", "late", "inode"}) {
      EXPECT_FALSE(file_entry_from_json(with(entry, name, number))) << name << " " << number;
    }
    for (const char* name : {"transaction", "records", "corrections", "duplicates", "poisoned", "late"}) {
      EXPECT_FALSE(file_counts_from_json(with(counts, name, number))) << name << " " << number;
    }
    for (const char* name : {"entry", "line"}) {
      EXPECT_FALSE(dead_letter_from_json(with(letter, name, number))) << name << " " << number;
    }
    for (const char* name : {"bytes", "content_bytes"}) {
      EXPECT_FALSE(announcement_from_json(with(announcement, name, number))) << name << " " << number;
    }
  }
  EXPECT_FALSE(dead_letter_from_json(with(letter, "entry", "4294967296")));
  EXPECT_FALSE(announcement_from_json(with(announcement, "mtime_ns", "9223372036854775808")));
  EXPECT_EQ(announcement_from_json(with(announcement, "mtime_ns", "-5"))->mtime_ns, -5);
  EXPECT_EQ(dead_letter_from_json(with(letter, "entry", "4294967295"))->entry, 4294967295U);
  EXPECT_EQ(file_entry_from_json(with(entry, "next_byte", "18446744073709551615"))->next_byte, ~std::uint64_t{0});
  const auto refused = file_counts_from_json(with(counts, "records", "1.5"));
  EXPECT_THAT(refused.error().message, HasSubstr("\"records\" is 1.5"));
}

TEST(FileState, HasTheContractsNames) {
  for (const char* name : {"found", "waiting", "reading", "done", "duplicate", "failed"}) {
    ASSERT_TRUE(parse_file_state(name).has_value()) << name;
    EXPECT_EQ(to_string(*parse_file_state(name)), name);
  }
  EXPECT_FALSE(parse_file_state("lost").has_value());
  EXPECT_FALSE(parse_file_state("").has_value());
}

FileEntry entry() {
  FileEntry e;
  e.file.id = "17-9f86d081884c";
  e.file.source = "folder";
  e.file.path = "sub/bookings.csv";
  e.file.name = "bookings.csv";
  e.file.dataset = "bookings";
  e.file.sha256 = "9f86";
  e.file.bytes = 999;
  e.state = FileState::kReading;
  e.rows = 10;
  e.published = 8;
  e.rejected = 2;
  e.records = 5;
  e.corrections = 1;
  e.duplicates = 1;
  e.poisoned = 1;
  e.fully_read = true;
  e.started_ms = 1'485'856'800'123;
  return e;
}

TEST(FileEntry, HasTheContractsMembers) {
  const auto json = nlohmann::json::parse(to_json(entry()));
  const std::pair<const char*, nlohmann::json> expected[] = {
      {"id", "17-9f86d081884c"},
      {"name", "bookings.csv"},
      {"dataset", "bookings"},
      {"source", "folder"},
      {"bytes", 999},
      {"state", "reading"},
      {"rows", 10},
      {"records", 5},
      {"dead_letters", 3},
      {"duplicates", 1},
      {"corrections", 1},
      {"error", nullptr},
      {"finished_at", nullptr},
      {"started_at", "2017-01-31T10:00:00.123Z"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(json.at(name), value) << name;
}

TEST(FileEntry, BalancesWhenEveryRowIsAccountedFor) {
  EXPECT_TRUE(entry().balanced());
  struct Case {
    const char* what;
    void (*change)(FileEntry&);
  };
  for (const Case& c : {Case{"not read to its end", [](FileEntry& e) { e.fully_read = false; }},
                        Case{"a row nowhere", [](FileEntry& e) { ++e.rows; }},
                        Case{"a record not yet seen", [](FileEntry& e) { --e.records; }},
                        Case{"a record seen twice", [](FileEntry& e) { ++e.duplicates; }}}) {
    FileEntry e = entry();
    c.change(e);
    EXPECT_FALSE(e.balanced()) << c.what;
  }
}

TEST(FileEntry, AnUnknownStateIsRefusedByName) {
  std::string json = to_json(entry());
  json.replace(json.find("reading"), 7, "resting");
  const auto read = file_entry_from_json(json);
  ASSERT_FALSE(read.has_value());
  EXPECT_THAT(read.error().message, HasSubstr("\"resting\""));
}

TEST(Messages, WhatIsNoObjectOrLacksAMemberIsRefused) {
  for (const char* json : {"", "{", "null", "[]", "1", "\"x\"", "{}", R"({"id":"1-x"})"}) {
    EXPECT_FALSE(announcement_from_json(json).has_value()) << json;
    EXPECT_FALSE(file_entry_from_json(json).has_value()) << json;
    EXPECT_FALSE(file_counts_from_json(json).has_value()) << json;
    EXPECT_FALSE(dead_letter_from_json(json).has_value()) << json;
  }
}

TEST(Messages, MembersOfLaterVersionsAreIgnored) {
  FileCounts counts;
  counts.file = "17-9f86d081884c";
  counts.records = 3;
  std::string json = to_json(counts);
  json.insert(1, R"("added_later":[1,2],)");
  ASSERT_TRUE(file_counts_from_json(json).has_value());
  EXPECT_EQ(file_counts_from_json(json)->records, 3U);
}

DeadLetter dead_letter() {
  DeadLetter d;
  d.id = "17-9f86d081884c:0:345";
  d.dataset = "bookings";
  d.file = "17-9f86d081884c";
  d.file_name = "bookings.csv";
  d.line = 345;
  d.column = "amount";
  d.rule = "type.money";
  d.reason = "\"12,3,4 €\" is no amount.";
  d.row = "a;b;\"12,3,4 €\"";
  d.stage = "ingest";
  return d;
}

std::string header(const DeadLetterHeaders& headers, std::string_view name) {
  for (const Header& h : headers.headers) {
    if (h.name == name) return std::string(h.value);
  }
  return "(absent)";
}

TEST(DeadLetter, CarriesTheHeadersOfKafkaConnect) {
  const auto headers = headers_of(dead_letter(), {"sluice.bookings.dead-letters.v1", 3, 1792419300123});
  const std::pair<const char*, const char*> expected[] = {
      {"__connect.errors.topic", "sluice.bookings.dead-letters.v1"},
      {"__connect.errors.connector.name", "sluice-ingest"},
      {"__connect.errors.task.id", "3"},
      {"__connect.errors.stage", "VALUE_CONVERTER"},
      {"__connect.errors.class.name", "sluice::ingest::ShardTask"},
      {"__connect.errors.exception.class.name", "type.money"},
      {"__connect.errors.exception.message", "\"12,3,4 €\" is no amount."},
      {"__connect.errors.exception.stacktrace",
       "type.money: \"12,3,4 €\" is no amount.\n\tat column amount\n\tat 17-9f86d081884c:0:345 (bookings.csv:345)"
       "\n\tat sluice::ingest::ShardTask (task 3)"},
      {"__connect.errors.partition", "(absent)"},
      {"__connect.errors.offset", "(absent)"},
      {"x-file-id", "17-9f86d081884c"},
      {"x-file-name", "bookings.csv"},
      {"x-entry", "0"},
      {"x-line", "345"},
      {"x-column", "amount"},
      {"x-rule", "type.money"},
      {"x-first-failed-at", "2026-10-19T14:15:00.123Z"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(header(headers, name), value) << name;
}

TEST(DeadLetter, APoisonedMessageSaysWhereItLay) {
  DeadLetter d = dead_letter();
  d.id = "sluice.bookings.records.v1/3/1207";
  d.stage = "transform";
  const auto headers = headers_of(d, {"sluice.bookings.records.v1", 3, 0});
  EXPECT_EQ(header(headers, "__connect.errors.partition"), "3");
  EXPECT_EQ(header(headers, "__connect.errors.offset"), "1207");
  EXPECT_EQ(header(headers, "__connect.errors.stage"), "TRANSFORMATION");
  EXPECT_EQ(header(headers, "__connect.errors.class.name"), "sluice::transform::Stage1Task");
}

TEST(DeadLetter, TheTraceOfALongReasonIsShortAndWhole) {
  DeadLetter d = dead_letter();
  d.column.clear();
  d.reason = std::string(499, 'x') + "€" + std::string(100'000, 'y');  // cut inside the sign
  const std::string trace = header(headers_of(d, {"t", 0, 0}), "__connect.errors.exception.stacktrace");
  EXPECT_THAT(trace, testing::StartsWith("type.money: xxx"));
  EXPECT_THAT(trace, HasSubstr("x\uFFFD\n\tat 17-9f86d081884c:0:345 (bookings.csv:345)\n\tat sluice::"));
  EXPECT_LT(trace.size(), 700U);
}

TEST(DeadLetter, ItsHeadersMayBeMovedAbout) {
  DeadLetterHeaders moved = headers_of(dead_letter(), {"t", 0, 0});
  std::vector<DeadLetterHeaders> kept;
  kept.push_back(std::move(moved));
  kept.push_back(headers_of(dead_letter(), {"u", 0, 0}));
  EXPECT_EQ(header(kept[0], "__connect.errors.topic"), "t");
  EXPECT_EQ(header(kept[0], "x-line"), "345");
}

}  // namespace
}  // namespace sluice
