#include "services/loader/core/row_batch.h"

#include <gmock/gmock.h>

#include "common/model/file_events.h"
#include "services/loader/core/test_definition.h"

namespace sluice::loader {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RowBatchTest : public ::testing::Test {
 protected:
  enum Which { kMonthly, kLetters, kRecords };

  void use(Which which) {
    target_ = targets_[which];
    reader_ = message_reader(target_);
    batch_.emplace(target_, *reader_);
  }
  void put(std::string_view key, std::string_view value, std::string_view origin = "") {
    LogRecord record;
    record.key = key;
    record.value = value;
    record.origin = origin;
    record.offset = offset_++;
    batch_->add({target_.topic, 0}, record);
  }
  void remove(std::string_view key) {
    LogRecord record;
    record.key = key;
    record.tombstone = true;
    record.offset = offset_++;
    batch_->add({target_.topic, 0}, record);
  }
  static std::string row(int visits, int revision) {
    return R"({"place":"A","visits":)" + std::to_string(visits) +
           R"(,"amount":1.10,"month":"2017_01","open":true,"first_day":null,"last_at":null,"_revision":)" +
           std::to_string(revision) + "}";
  }
  const PendingRow& only() { return batch_->rows().front(); }

  static constexpr const char* kKey = R"(["A","2017_01"])";
  std::shared_ptr<const Dataset> dataset_ = testing::visits();
  std::vector<Target> targets_ = targets_of(dataset_, Topics());
  Target target_;
  std::unique_ptr<MessageReader> reader_;
  std::optional<RowBatch> batch_;
  std::int64_t offset_ = 0;
};

TEST_F(RowBatchTest, ARowKeepsEveryDigitAndEscapesText) {
  use(kMonthly);
  put(R"(["a\tb\\","2017_01"])",
      R"({"place":"a\tb\\","visits":12,"amount":-12345678901234567890.123456789000,)"
      R"("month":"2017_01","open":false,"first_day":"2017-01-31",)"
      R"("last_at":"2017-01-31T10:00:00Z","_revision":7})");
  EXPECT_EQ(only().row->copy,
            "a\\tb\\\\\t12\t-12345678901234567890.123456789000\t2017_01\tf\t2017-01-31\t"
            "2017-01-31T10:00:00Z\t7");
  EXPECT_THAT(batch_->dead_letters(), IsEmpty());
}

TEST_F(RowBatchTest, TheLastRowOfAKeyRemains) {
  use(kMonthly);
  put(kKey, row(1, 1));
  put(kKey, row(2, 2));
  EXPECT_THAT(batch_->rows(), SizeIs(1));
  EXPECT_THAT(only().row->copy, HasSubstr("A\t2\t1.10"));
  EXPECT_EQ(batch_->messages(), 2u);
}

TEST_F(RowBatchTest, AnOlderRevisionThatComesLaterLoses) {
  use(kMonthly);
  put(kKey, row(2, 2));
  put(kKey, row(1, 1));
  EXPECT_THAT(only().row->copy, HasSubstr("A\t2\t1.10"));
}

TEST_F(RowBatchTest, ADeletedRowComesBackOnlyWithALaterRevision) {
  use(kMonthly);
  put(kKey, row(5, 5));
  remove(kKey);
  put(kKey, row(4, 4));
  EXPECT_FALSE(only().row);
  EXPECT_EQ(only().floor, 5);
  EXPECT_EQ(only().removed, "A\t2017_01");
  put(kKey, row(6, 6));
  EXPECT_TRUE(only().row);
  EXPECT_TRUE(only().removed);
}

TEST_F(RowBatchTest, AMessageThatIsNoRowBecomesADeadLetter) {
  use(kMonthly);
  const std::string good = row(1, 1);
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"", "not a JSON object"},
      {"[1]", "not a JSON object"},
      {"{\"place\":", "not a JSON object"},
      {good + "{}", "JSON object"},
      {R"({"place":"A"})", "'visits' is missing"},
      {R"({"plaice":"A"})", "no column 'plaice'"},
      {R"({"place":"A","place":"B"})", "'place' occurs twice"},
      {R"({"place":7})", "'place' has not the type"},
      {R"({"place":"A","visits":"7"})", "'visits' has not the type"},
      {R"({"place":"A","visits":1,"amount":-Infinity})", "'amount' has not the type"},
  };
  for (const auto& [value, why] : wrong) {
    put(kKey, value);
    EXPECT_THAT(batch_->dead_letters().back().reason, HasSubstr(why)) << value;
  }
  EXPECT_THAT(batch_->dead_letters(), SizeIs(wrong.size()));
  EXPECT_THAT(batch_->rows(), IsEmpty());
  EXPECT_EQ(batch_->dead_letters()[1].id, "sluice.monthly.rows.v1/0/1");
  EXPECT_EQ(batch_->dead_letters()[1].rule, "poison");
  EXPECT_EQ(batch_->dead_letters()[1].row, "[1]");
}

TEST_F(RowBatchTest, BytesThatNoTextMayHoldAreEscapedInADeadLetter) {
  use(kMonthly);
  put(kKey, std::string_view("{\xff\0", 3));
  EXPECT_EQ(batch_->dead_letters()[0].row, "{\\xff\\x00");
}

TEST_F(RowBatchTest, ATombstoneWithAKeyOfAnotherShapeBecomesADeadLetter) {
  use(kMonthly);
  remove(R"(["A"])");
  remove(R"(["A","B","C"])");
  remove(R"({"a":1})");
  EXPECT_THAT(batch_->dead_letters(), SizeIs(3));
}

TEST_F(RowBatchTest, OfTwoRecordsTheLaterVersionThenTheLaterPlaceWins) {
  use(kRecords);
  const auto record = [](const std::string& guests, const std::string& edited) {
    return R"({"id":"x","guests":)" + guests + R"(,"day":"2017-01-31","edited":)" + edited + "}";
  };
  const char* key = R"(["2017-01-31","x"])";
  put(key, record("1", R"("2017-02-01T00:00:00.5Z")"), "5-0123456789ab:0:2");
  put(key, record("2", R"("2017-02-01T00:00:00Z")"), "9-0123456789ab:0:2");
  EXPECT_THAT(only().row->copy, HasSubstr("x\t1\t"));
  put(key, record("3", R"("2017-02-01T00:00:00.5Z")"), "5-0123456789ab:0:3");
  EXPECT_THAT(only().row->copy, HasSubstr("x\t3\t"));
  put(key, record("4", "null"), "99-0123456789ab:0:3");
  EXPECT_EQ(only().row->copy, "x\t3\t2017-01-31\t2017-02-01T00:00:00.5Z\t5\t0\t3");
  remove(key);
  EXPECT_EQ(only().removed, "x\t2017-01-31");
  put(key, record("5", "null"), "no origin");
  EXPECT_THAT(batch_->dead_letters()[0].reason, HasSubstr("origin"));
}

TEST_F(RowBatchTest, ATombstoneTakesARecordsRowAwayAndIsNotRemembered) {
  use(kRecords);
  const auto record = [](const std::string& guests) {
    return R"({"id":"x","guests":)" + guests + R"(,"day":"2017-01-31","edited":null})";
  };
  const char* key = R"(["2017-01-31","x"])";
  put(key, record("1"), "9-0123456789ab:0:2");
  remove(key);
  EXPECT_FALSE(only().row);
  EXPECT_EQ(only().removed, "x\t2017-01-31");
  put(key, record("2"), "5-0123456789ab:0:2");
  ASSERT_TRUE(only().row) << "an older version, but behind the tombstone";
  EXPECT_THAT(only().row->copy, HasSubstr("x\t2\t"));
  EXPECT_TRUE(only().removed);
}

TEST_F(RowBatchTest, ADeadLetterBecomesARow) {
  use(kLetters);
  DeadLetter letter;
  letter.id = "1-ab:0:2";
  letter.dataset = "visits";
  letter.line = 2;
  letter.rule = "columns";
  letter.reason = "too few";
  letter.row = "a;b";
  letter.stage = "ingest";
  letter.context = R"({"format":"csv"})";
  put(letter.id, to_json(letter));
  EXPECT_EQ(only().row->copy,
            "1-ab:0:2\tvisits\t\\N\t\\N\t0\t2\t\\N\tcolumns\ttoo few\ta;b\tingest\t\\N\t"
            "{\"format\":\"csv\"}\t\\N\t1\topen\t\\N\t\\N\t\\N\t0");
}

TEST_F(RowBatchTest, AFilesReceiptBecomesARow) {
  const Target target = files_target(Topics(), 1);
  const auto reader = message_reader(target);
  FileEntry entry;
  entry.file.id = "17-9f86d081884c";
  entry.file.name = entry.file.path = "a.csv";
  entry.file.dataset = "visits";
  entry.file.source = "folder";
  entry.file.bytes = 9;
  entry.state = FileState::kDone;
  entry.rows = 5;
  entry.published = 3;
  entry.rejected = entry.poisoned = 1;
  entry.started_ms = 1'000;
  entry.event_max_ms = -1'000;
  const std::string json = to_json(entry);
  LogRecord message;
  message.value = json;
  message.offset = 4;
  const auto row = reader->row(message);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->copy,
            "17-9f86d081884c\t17\ta.csv\ta.csv\tvisits\tfolder\t\t9\tdone\t5\t3\t0\t2\t0\t0\t0\t"
            "\\N\t\\N\t1970-01-01T00:00:01Z\t\\N\t1969-12-31T23:59:59Z\t4");
  message.value = "{}";
  EXPECT_FALSE(reader->row(message));
}

}  // namespace
}  // namespace sluice::loader
