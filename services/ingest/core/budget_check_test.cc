// Error budgets, from a shard's side.
#include "services/ingest/core/shard_task_fixture.h"

namespace sluice::ingest {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class BudgetTest : public ShardTaskTest {
 protected:
  BudgetTest() {
    Dataset dataset = things();
    dataset.errors = ErrorBudget{2, {}};
    datasets.dataset = std::make_shared<const Dataset>(dataset);
  }
  // Rows from `first` on, of which the last `bad` are no numbers.
  static std::string content(int rows, int bad, int first = 0) {
    std::string out = "id,n\n";
    for (int i = first; i < first + rows; ++i) {
      out += "k" + std::to_string(i) + "," + (i < first + rows - bad ? std::to_string(i) : "many") + "\n";
    }
    return out;
  }
  std::vector<Seen> letters() { return messages(topics.dead_letters("things"), 2); }
};

TEST_F(BudgetTest, AFileWithinItIsReadAsAnyOther) {
  files.put("a.csv", content(50, 2));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).rows, 50U);
  EXPECT_EQ(entry(id).published, 48U);
  EXPECT_EQ(origins(), lines(id, 2, 49));
  EXPECT_THAT(letters(), SizeIs(2));
}

TEST_F(BudgetTest, OfAFileAboveItNothingIsPublishedButItsLettersAndItFailsWithASentence) {
  files.put("a.csv", content(50, 3));
  files.put("b.csv", content(20, 0, 100));
  const std::string id = announce("a.csv"), other = announce("b.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, StartsWith("3 of its 50 rows cannot become records, and the definition allows 2"));
  EXPECT_EQ(origins(), lines(other, 2, 21)) << "the other alone";
  ASSERT_THAT(letters(), SizeIs(3));
  EXPECT_THAT(letters()[0].key, StartsWith(id + ":0:"));
  EXPECT_EQ(entry(id).published, 0U);
  EXPECT_EQ(entry(id).rows, 3U) << "those that are kept";
  EXPECT_EQ(entry(id).dead_letters(), 3U);
  EXPECT_THAT(files.reasons["a.csv"], HasSubstr("errors.max_rows"));
}

TEST_F(BudgetTest, OfManyLettersTheFirstAreKept) {
  files.put("a.csv", content(500, 400));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_THAT(entry(id).error, StartsWith("400 of its 500 rows"));
  EXPECT_THAT(letters(), SizeIs(100));
}

TEST_F(BudgetTest, TheMendedFileIsAFileOfItsOwnAndAWiderBudgetTakesTheSameAgain) {
  files.put("a.csv", content(50, 3));
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  Dataset wider = things();
  wider.errors = ErrorBudget{3, {}};
  datasets.dataset = std::make_shared<const Dataset>(wider);
  files.put("again.csv", content(50, 3));
  const std::string again = announce("again.csv");
  run();
  EXPECT_EQ(entry(again).rows, 50U);
  EXPECT_EQ(origins(), lines(again, 2, 48));
}

TEST_F(BudgetTest, AFileOfAnArchiveFailsByItself) {
  const std::string id = announce_archive("a.zip", {{"good.csv", content(10, 0)}, {"bad.csv", content(10, 5, 20)}});
  start();
  run();
  EXPECT_EQ(entry_in(id, 2).state, FileState::kFailed);
  EXPECT_EQ(entry_in(id, 1).published, 10U);
  EXPECT_THAT(letters(), SizeIs(5));
}

TEST_F(BudgetTest, AHeaderThatDoesNotFitFailsItBeforeItIsCounted) {
  files.put("a.csv", "id,number\nx,many\n");
  const std::string id = announce("a.csv");
  start();
  run();
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("number"));
  EXPECT_THAT(letters(), IsEmpty());
}

TEST_F(BudgetTest, AFileThatChangesBetweenCountingAndReadingIsNotPublished) {
  files.put("a.csv", content(50, 3));
  const std::string id = announce("a.csv");
  start();
  int reads = 0;
  files.after_read = [&] {
    if (++reads == 2) files.put("a.csv", content(50, 0));
  };
  run();
  files.after_read = [] {};
  EXPECT_EQ(entry(id).state, FileState::kFailed);
  EXPECT_THAT(entry(id).error, HasSubstr("changed while it was read"));
  EXPECT_THAT(origins(), IsEmpty());
}

TEST_F(BudgetTest, KilledAtAnyMomentTheLettersOfARefusedFileComeWithItsFailureAndNoRecordDoes) {
  struct Case {
    const char* effect;
    bool after;
  };
  for (const Case& c : {Case{"produce", false}, {"commit", false}, {"commit", true}}) {
    for (int countdown = 0; countdown < 12; ++countdown) {
      const std::string name = std::string(c.effect) + (c.after ? "-after" : "") + std::to_string(countdown);
      SCOPED_TRACE(name);
      std::string text = content(40, 10);
      for (std::size_t at = text.find('k'); at != std::string::npos; at = text.find("\nk", at + 1)) {
        text.insert(at + (text[at] == '\n' ? 1 : 0), name);
      }
      files.put(name + ".csv", text);
      const std::string id = announce(name + ".csv");
      faults.effect = c.effect;
      faults.countdown = countdown;
      faults.after_it = c.after;
      run_through_faults();
      faults.effect.clear();
      run_through_faults();
      ASSERT_EQ(entry(id).state, FileState::kFailed);
      std::size_t mine = 0;
      for (const Seen& letter : letters()) mine += letter.key.starts_with(id + ":") ? 1 : 0;
      ASSERT_EQ(mine, 10U) << "each once, for a transaction that is aborted is not read";
      ASSERT_THAT(origins(), IsEmpty());
    }
  }
}

}  // namespace
}  // namespace sluice::ingest
