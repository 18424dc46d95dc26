#include "services/loader/core/message_reader.h"

#include <gmock/gmock.h>

#include "common/model/dead_letter.h"
#include "services/loader/core/test_definition.h"

namespace sluice::loader {
namespace {

using ::testing::HasSubstr;

Target target_of(TargetKind kind) {
  const auto dataset = testing::visits();
  for (Target& target : targets_of(dataset, Topics{})) {
    if (target.kind == kind) return target;
  }
  return files_target(Topics{}, 1);
}

Result<TableRow> row_of(TargetKind kind, const std::string& key, const std::string& value) {
  const Target target = target_of(kind);
  LogRecord message;
  message.key = key;
  message.value = value;
  message.origin = "17-9f86d081884c:0:345";
  return message_reader(target)->row(message);
}

std::string report_row(const std::string& place) {
  return R"({"place":")" + place + R"(","visits":1,"amount":2.50,"month":"2017-01","open":true,)"
         R"("first_day":"2017-01-31","last_at":"2017-01-31T10:00:00Z","_revision":3})";
}

// COPY refuses the whole batch for one such text, and again after every restart.
TEST(MessageReader, ATextThatPostgresCannotHoldIsNoRow) {
  DeadLetter letter;
  letter.id = "17-9f86d081884c:0:345";
  ASSERT_TRUE(row_of(TargetKind::kDeadLetters, letter.id, to_json(letter)));
  letter.row = std::string("a\0b", 3);
  const std::string record = R"({"id":"a\u0000","guests":1,"day":"2017-01-31","edited":null})";
  struct Case {
    TargetKind kind;
    std::string value;
  };
  for (const auto& [kind, value] : {Case{TargetKind::kDeadLetters, to_json(letter)},
                                    Case{TargetKind::kRecords, record}, Case{TargetKind::kRows, report_row("a\\u0000b")},
                                    Case{TargetKind::kRows, report_row("\xff")}}) {
    const auto row = row_of(kind, "key", value);
    ASSERT_FALSE(row) << value;
    EXPECT_FALSE(row.error().message.empty());
  }
  EXPECT_TRUE(row_of(TargetKind::kRows, "key", report_row("a\\tb")));
  const Target letters = target_of(TargetKind::kDeadLetters);
  EXPECT_TRUE(message_reader(letters)->key("17-9f86d081884c:0:345"));
  for (const std::string& key : {std::string("a\0", 2), std::string("\xff")}) {
    const auto read = message_reader(letters)->key(key);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().message, HasSubstr("Postgres cannot hold"));
  }
}

}  // namespace
}  // namespace sluice::loader
