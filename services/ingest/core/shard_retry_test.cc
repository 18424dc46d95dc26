// Retries of dead letters, from a shard's side.
#include "services/ingest/core/retry_lines.h"
#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ShardRetryTest : public ShardTaskTest {
 protected:
  struct Message {
    std::string key, value, retry;
    bool tombstone = false;
  };

  std::vector<Message> all(const std::string& topic) {
    log.settle();
    std::vector<Message> out;
    for (std::int32_t p = 0; p < 2; ++p) {
      for (const LogRecord& r : log.fetch({topic, p}, 0, 1'000'000).records) {
        out.push_back({std::string(r.key), std::string(r.value), std::string(r.retry), r.tombstone});
      }
    }
    return out;
  }
  // The letters that no tombstone has taken away, by id, as the table would hold them.
  std::map<std::string, DeadLetter> open_letters() {
    std::map<std::string, DeadLetter> out;
    for (const Message& message : all(topics.dead_letters("things"))) {
      out.erase(message.key);
      if (message.tombstone) continue;
      DeadLetter letter = dead_letter_from_json(message.value).value();
      letter.first_failed_ms = 1'000;
      out[message.key] = letter;
    }
    return out;
  }
  // As the api and the spool would make it.
  std::string retry_of(const std::map<std::string, DeadLetter>& letters) {
    std::string out = first_line_of_retry(*datasets.dataset);
    for (const auto& [id, letter] : letters) out += retried_letter_line(letter);
    return out;
  }
  std::string announce_retry(const std::string& name, const std::string& content) {
    files.put(name, content);
    return announce(name, {}, "things", "retry");
  }
  // From here on what is no number is taken: n is a text.
  void mend() {
    Dataset mended = things();
    mended.fields[1].type = FieldType::kString;
    mended.text_hash = "mended";
    datasets.dataset = std::make_shared<const Dataset>(mended);
  }
  // 50 rows, of which every fifth is no number.
  std::string deliver(const std::string& name = "a") {
    std::string content = "n;id\n";
    for (int i = 0; i < 50; ++i) content += (i % 5 == 0 ? "many" : std::to_string(i)) + ";" + name + std::to_string(i) + "\n";
    files.put(name + ".csv", content);
    return announce(name + ".csv");
  }
};

TEST_F(ShardRetryTest, AMendedDefinitionMakesRecordsOfTheLettersWithTheirOwnOrigins) {
  const std::string id = deliver();
  start();
  run();
  EXPECT_THAT(open_letters(), SizeIs(10));
  EXPECT_THAT(origins(), SizeIs(40));
  mend();
  const std::string retry = announce_retry("retry", retry_of(open_letters()));
  run();
  EXPECT_EQ(origins(), lines(id, 2, 51)) << "each once";
  EXPECT_THAT(open_letters(), IsEmpty());
  for (const Message& record : all(topics.records("things"))) {
    EXPECT_EQ(record.retry, record.value.find("many") == std::string::npos ? "" : retry) << record.value;
  }
  const FileEntry receipt = entry(retry);
  EXPECT_EQ(receipt.rows, 10U);
  EXPECT_EQ(receipt.published, 10U);
  EXPECT_EQ(receipt.rejected, 0U);
  counts(retry, 10);
  run();
  EXPECT_EQ(entry(retry).state, FileState::kDone);
  EXPECT_TRUE(files.archived.contains("retry"));
}

TEST_F(ShardRetryTest, WhatFailsAgainIsTheSameLetterWithItsNewReasonAndWhoReadIt) {
  files.put("a.csv", "id,n\nx,many\n,5\n");
  const std::string id = announce("a.csv");
  start();
  run();
  const auto before = open_letters();
  mend();
  const std::string retry = announce_retry("retry", retry_of(before));
  run();
  EXPECT_EQ(origins(), lines(id, 2, 2));
  const auto after = open_letters();
  ASSERT_THAT(after, SizeIs(1));
  const DeadLetter& letter = after.at(id + ":0:3");
  EXPECT_EQ(letter.rule, "required");
  EXPECT_EQ(letter.retry, retry);
  EXPECT_EQ(letter.row, ",5");
  EXPECT_EQ(letter.file, id);
  EXPECT_EQ(letter.file_name, "a.csv");
  EXPECT_EQ(letter.line, 3U);
  EXPECT_EQ(letter.context, before.at(id + ":0:3").context) << "it can be tried once more";
  const FileEntry receipt = entry(retry);
  EXPECT_EQ(receipt.rows, 2U);
  EXPECT_EQ(receipt.published, 1U);
  EXPECT_EQ(receipt.rejected, 1U);
}

TEST_F(ShardRetryTest, TheSameRequestTwiceIsADuplicateAndAnotherMendIsNot) {
  deliver();
  start();
  run();
  const auto letters = open_letters();
  const std::string content = retry_of(letters);
  const std::string first = announce_retry("one", content);
  run();
  EXPECT_THAT(open_letters(), SizeIs(10)) << "nothing is mended yet";
  const std::string second = announce_retry("two", content);
  run();
  EXPECT_EQ(entry(second).state, FileState::kDuplicate);
  EXPECT_EQ(entry(second).duplicate_of, first);
  mend();
  const std::string third = announce_retry("three", retry_of(letters));
  run();
  EXPECT_NE(entry(third).state, FileState::kDuplicate);
  EXPECT_THAT(open_letters(), IsEmpty());
}

TEST_F(ShardRetryTest, OneThatWasAskedForBeforeTheDefinitionChangedFailsAndChangesNothing) {
  deliver();
  start();
  run();
  const std::string content = retry_of(open_letters());
  mend();
  const std::string retry = announce_retry("retry", content);
  run();
  EXPECT_EQ(entry(retry).state, FileState::kReading) << "the definition may be on its way";
  clock.advance(std::chrono::seconds(6));
  run();
  EXPECT_EQ(entry(retry).state, FileState::kFailed);
  EXPECT_THAT(entry(retry).error, HasSubstr("changed after this retry was asked for"));
  EXPECT_THAT(open_letters(), SizeIs(10));
}

TEST_F(ShardRetryTest, OneByADefinitionThatThisInstanceHasNotLookedAtYetWaitsForIt) {
  const std::string id = deliver();
  start();
  run();
  const auto letters = open_letters();
  const auto former = datasets.dataset;
  mend();
  const std::string content = retry_of(letters);
  const auto mended = datasets.dataset;
  datasets.dataset = former;
  announce_retry("retry", content);
  run();
  EXPECT_THAT(open_letters(), SizeIs(10));
  datasets.dataset = mended;
  clock.advance(std::chrono::seconds(1));
  run();
  EXPECT_THAT(open_letters(), IsEmpty());
  EXPECT_EQ(origins(), lines(id, 2, 51));
}

TEST_F(ShardRetryTest, AFileOfTheFolderThatLooksLikeARetryIsNone) {
  files.put("a.csv", retry_of({}));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("header"));
}

TEST_F(ShardRetryTest, ALineThatIsNoLetterIsADeadLetterOfTheRetryItself) {
  start();
  const std::string retry = announce_retry("retry", first_line_of_retry(*datasets.dataset) + "{\"id\":\"nonsense\"}\n");
  run();
  const auto letters = open_letters();
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters.begin()->first, retry + ":0:2");
  EXPECT_EQ(letters.begin()->second.context, "");
}

TEST_F(ShardRetryTest, RowsThatAreNotKeptAsTheyWereHaveNoContext) {
  files.put("a.csv", "id,n\nx,\xff\ny,many\nz,\"open\n");
  announce("a.csv");
  start();
  run();
  std::map<std::string, bool> can;
  for (const auto& [id, letter] : open_letters()) can[letter.rule] = !letter.context.empty();
  EXPECT_THAT(can, ElementsAre(std::pair("encoding", false), std::pair("type.integer", true),
                               std::pair("unclosed_quote", false)));
}

TEST_F(ShardRetryTest, KilledAfterAnyOfItsEffectsItMakesEachRecordOnce) {
  struct Case {
    const char* effect;
    bool after;
  };
  for (const Case& c : {Case{"produce", false}, {"commit", false}, {"commit", true}}) {
    for (int countdown = 0; countdown < 30; ++countdown) {
      const std::string name = std::string(c.effect) + (c.after ? "-after" : "") + std::to_string(countdown);
      SCOPED_TRACE(name);
      datasets.dataset = std::make_shared<const Dataset>(things());
      const std::string id = deliver(name);
      start();
      run();
      mend();
      const std::string retry = announce_retry(name + ".retry", retry_of(open_letters()));
      faults.effect = c.effect;
      faults.countdown = countdown;
      faults.after_it = c.after;
      run_through_faults();
      faults.effect.clear();
      run_through_faults();
      std::multiset<std::string> of_file;
      for (const std::string& origin : origins()) {
        if (origin.starts_with(id + ":")) of_file.insert(origin);
      }
      ASSERT_EQ(of_file, lines(id, 2, 51));
      ASSERT_THAT(open_letters(), IsEmpty());
      ASSERT_EQ(entry(retry).published, 10U);
      ASSERT_TRUE(entry(retry).fully_read);
    }
  }
}

}  // namespace
}  // namespace sluice::ingest
