#include "common/model/commit_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace sluice {
namespace {

using testing::HasSubstr;

CommitRecord record(std::uint64_t transaction, std::uint64_t previous,
                    const std::string& task = "bookings-stage1-0") {
  CommitRecord out;
  out.task = task;
  out.transaction = transaction;
  out.previous = previous;
  return out;
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Unsafe& error) {
    return error.what();
  }
  return "accepted";
}

TEST(CommitRecord, StandsInJsonAsAnyoneCanReadIt) {
  CommitRecord r = record(7, 6);
  r.inputs = {{"sluice.bookings.records.v1", 1200}};
  r.partitions = 4;
  r.fingerprint = "f1";
  r.messages = 3;
  EXPECT_EQ(
      to_json(r),
      R"({"format":1,"task":"bookings-stage1-0","transaction":7,"previous":6,)"
      R"("inputs":{"sluice.bookings.records.v1":1200},"partitions":4,"fingerprint":"f1","messages":3})");
}

TEST(CommitRecord, WhatIsNotOneIsRefused) {
  for (const char* json :
       {"", "null", "[]", "{}", "{\"format\":1}", "{\"format\":\"one\",\"task\":\"t\"}",
        R"({"format":1,"task":"t","transaction":"7","previous":6,"inputs":{},)"
        R"("partitions":4,"fingerprint":"","messages":0})"}) {
    const auto read = commit_record_from_json(json);
    ASSERT_FALSE(read.has_value()) << json;
    EXPECT_THAT(read.error().message, HasSubstr("a commit record")) << json;
  }
}

TEST(CommitRecord, WithANumberThatIsNotWholeOrDoesNotFitIsRefused) {
  const std::string good = R"({"format":1,"task":"t","transaction":7,"previous":6,"inputs":{"a":12},"partitions":4,)"
                           R"("fingerprint":"f","messages":3})";
  ASSERT_TRUE(commit_record_from_json(good));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"format\":1", "\"format\":4294967297"}, {"\"transaction\":7", "\"transaction\":7.9"},
           {"\"transaction\":7", "\"transaction\":-1"}, {"\"previous\":6", "\"previous\":18446744073709551616"},
           {"\"a\":12", "\"a\":12.5"}, {"\"a\":12", "\"a\":9223372036854775808"},
           {"\"partitions\":4", "\"partitions\":4294967300"}, {"\"messages\":3", "\"messages\":true"}}) {
    std::string json = good;
    json.replace(json.find(from), from.size(), to);
    EXPECT_FALSE(commit_record_from_json(json)) << json;
  }
}

TEST(CommitChain, BeginsAtOneAndGoesOnByOne) {
  CommitChain chain("bookings-stage1-0");
  EXPECT_TRUE(chain.empty());
  for (std::uint64_t n = 1; n <= 5; ++n) {
    const CommitRecord next = chain.next();
    EXPECT_EQ(next.task, "bookings-stage1-0");
    EXPECT_EQ(next.transaction, n);
    EXPECT_EQ(next.previous, n - 1);
    chain.read(next);
  }
  EXPECT_EQ(chain.last().transaction, 5U);
  EXPECT_FALSE(chain.empty());
}

TEST(CommitChain, CompactionMayHaveTakenOlderRecordsOut) {
  CommitChain chain("bookings-stage1-0");
  chain.read(record(41, 40));
  chain.read(record(44, 43));
  EXPECT_EQ(chain.next().transaction, 45U);
  EXPECT_EQ(chain.next().previous, 44U);
}

TEST(CommitChain, RefusesWhatDoesNotFollow) {
  struct Case {
    CommitRecord next;
    const char* what;
  };
  for (const Case& c :
       {Case{record(7, 5), "names a gap"}, Case{record(5, 4), "repeats"},
        Case{record(4, 3), "goes back"}, Case{record(0, 0), "is none"},
        Case{record(6, 6), "names itself"}, Case{record(7, 8), "names a later one"}}) {
    CommitChain chain("bookings-stage1-0");
    chain.read(record(5, 4));
    EXPECT_THAT(refusal([&] { chain.read(c.next); }), HasSubstr("torn transaction")) << c.what;
    EXPECT_EQ(chain.last().transaction, 5U) << c.what;
  }
}

TEST(CommitChain, RefusesTheRecordsOfAnotherTask) {
  CommitChain chain("bookings-stage1-0");
  EXPECT_THAT(
      refusal([&] { chain.read(record(1, 0, "bookings-stage1-1")); }),
      HasSubstr("a commit record of bookings-stage1-1 lies among those of bookings-stage1-0"));
}

TEST(CommitChain, RefusesANewerFormatByNameWhateverElseItHolds) {
  const auto newer =
      commit_record_from_json(R"({"format":2,"task":"bookings-stage1-0","epoch":9})");
  ASSERT_TRUE(newer.has_value());
  CommitChain chain("bookings-stage1-0");
  EXPECT_THAT(refusal([&] { chain.read(*newer); }), HasSubstr("a newer version of Sluice"));
}

}  // namespace
}  // namespace sluice
