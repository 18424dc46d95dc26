// The loader's task on a real PostgreSQL: typed tables, one truth about the position, connections that break, and
// data that the database refuses.
#include <thread>

#include "tests/integration/cutting_proxy.h"
#include "tests/integration/loader_fixture.h"
#include "tests/support/eventually.h"

namespace sluice::loader {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(LoaderTest, TheTableIsTyped) {
  EXPECT_THAT(
      ask("SELECT column_name, data_type, is_nullable FROM information_schema.columns "
          "WHERE table_name = 'monthly' ORDER BY ordinal_position"),
      ElementsAre("place|text|NO", "visits|bigint|YES", "amount|numeric|YES", "month|text|NO",
                  "open|boolean|YES", "first_day|date|YES", "last_at|timestamp with time zone|YES",
                  "_revision|bigint|NO"));
  EXPECT_THAT(ask("SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
                  "AND a.attnum = ANY (i.indkey) WHERE i.indrelid = 'monthly'::regclass "
                  "AND i.indisprimary ORDER BY a.attnum"),
              ElementsAre("place", "month"));
}

TEST_F(LoaderTest, PreparingAgainChangesNothingAndAddsAMissingMeasure) {
  put_row("A", 1, 1);
  owner().load();
  database_->run("ALTER TABLE monthly DROP COLUMN open");
  prepare_tables(*database_, {targets_[kMonthly].table});
  EXPECT_THAT(ask("SELECT place, open FROM monthly"), ElementsAre("A|"));
  database_->run("ALTER TABLE monthly ALTER COLUMN visits TYPE text");
  EXPECT_THROW(prepare_tables(*database_, {targets_[kMonthly].table}), Unsafe);
  database_->run("INSERT INTO _sluice.migrations VALUES (99, now())");
  EXPECT_THROW(prepare_tables(*database_, {}), Unsafe);
}

TEST_F(LoaderTest, ValuesArriveExactly) {
  put(key("España \\t"), row("España\\t\\\\N", 7, 1, "-12345678901234567890.123456789000"));
  owner().load();
  EXPECT_THAT(ask("SET TimeZone = 'UTC'"), IsEmpty());
  EXPECT_THAT(ask("SELECT place, visits, amount, open, first_day, last_at FROM monthly"),
              ElementsAre("España\t\\N|7|-12345678901234567890.123456789000|t|2017-01-31|"
                          "2017-01-31 10:00:00.5+00"));
}

TEST_F(LoaderTest, AnOlderRevisionNeverWins) {
  Owner one = owner();
  put_row("A", 5, 5);
  one.load();
  put_row("A", 4, 4);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("A|5|5"));
  EXPECT_THAT(revision(), ElementsAre("1"));
  EXPECT_THAT(position(), ElementsAre("2|1"));
  put_row("A", 6, 6);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("A|6|6"));
  EXPECT_THAT(revision(), ElementsAre("2"));
}

TEST_F(LoaderTest, ADeletedRowIsNotBroughtBackByAnOlderOne) {
  Owner one = owner();
  put_row("A", 5, 5);
  put_row("B", 1, 1);
  one.load();
  put_gone("A");
  put_gone("never there");
  one.load();
  EXPECT_THAT(visits(), ElementsAre("B|1|1"));
  EXPECT_THAT(ask("SELECT key, revision FROM _sluice.tombstones"),
              ElementsAre(key("A") + "|5"));
  put_row("A", 5, 5);
  put_row("C", 1, 1);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("B|1|1", "C|1|1"));
  put_row("A", 6, 6);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("A|6|6", "B|1|1", "C|1|1"));
  put_row("D", 9, 9);
  put_gone("D");
  put_row("D", 8, 8);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("A|6|6", "B|1|1", "C|1|1"));
}

TEST_F(LoaderTest, ADeletionIsForgottenAfterADayAndTheRowMayComeAgainAsEver) {
  Owner one = owner();
  for (const char* place : {"A", "B", "C"}) put_row(place, 5, 5);
  one.load();
  for (const char* place : {"A", "B", "C"}) put_gone(place);
  one.load();
  database_->run("UPDATE _sluice.tombstones SET deleted_at = now() - interval '25 hours' "
                 "WHERE key <> '" + key("C") + "'");
  {
    // One that a loader holds just now is passed over and not waited for.
    postgres::Connection busy(url_);
    busy.begin();
    busy.run("SELECT FROM _sluice.tombstones WHERE key = '" + key("B") + "' FOR UPDATE");
    EXPECT_EQ(purge_tombstones(*database_), 1U);
    busy.rollback();
  }
  EXPECT_EQ(purge_tombstones(*database_), 1U);
  EXPECT_EQ(purge_tombstones(*database_), 0U);
  EXPECT_THAT(ask("SELECT key FROM _sluice.tombstones"), ElementsAre(key("C")));
  put_row("A", 6, 6);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("A|6|6"));
}

TEST_F(LoaderTest, ATableThatWasDroppedIsLoadedAnewFromTheBeginning) {
  put_row("A", 5, 5);
  put_row("B", 5, 5);
  put_gone("A");
  owner().load();
  ASSERT_THAT(visits(), ElementsAre("B|5|5"));
  database_->run("DROP TABLE monthly");
  prepare_tables(*database_, {targets_[kMonthly].table});
  EXPECT_THAT(ask("SELECT key FROM _sluice.tombstones"), IsEmpty());
  owner().load();
  EXPECT_THAT(visits(), ElementsAre("B|5|5"));
  EXPECT_THAT(position(), ElementsAre("3|1"));
}

TEST_F(LoaderTest, MessagesThatComeAgainChangeNothing) {
  put_row("A", 1, 1);
  put_gone("A");
  put_row("B", 1, 2);
  Owner one = owner();
  one.load();
  const auto before = ask("SELECT xmin, place, visits FROM monthly");
  one.position_ = 0;
  one.load();
  owner().load();
  EXPECT_EQ(ask("SELECT xmin, place, visits FROM monthly"), before);
  EXPECT_THAT(position(), ElementsAre("3|2"));
  EXPECT_THAT(revision(), ElementsAre("1"));
}

TEST_F(LoaderTest, ASecondOwnerFencesTheFirst) {
  Owner one = owner();
  put_row("A", 1, 1);
  one.read();
  Owner two = owner();
  EXPECT_THROW(one.task_.commit(), Fenced);
  EXPECT_THAT(visits(), IsEmpty());
  EXPECT_THAT(position(), ElementsAre("0|2"));
  two.load();
  EXPECT_THAT(visits(), ElementsAre("A|1|1"));
}

TEST_F(LoaderTest, TwoOwnersThatMeetTheSameRowsInOppositeOrderDoNotDeadlock) {
  // No two partitions have a key in common; here they do.
  constexpr int kRounds = 30, kRows = 300;
  const auto load = [&](std::int32_t partition, bool backwards) {
    const Target& target = targets_[kMonthly];
    PostgresRowStores stores(url_, "sluice-loader", "test");
    const auto store = stores.open(target);
    const TopicPartition from{target.topic, partition};
    Claim claim = store->take_over(from);
    const auto reader = message_reader(target);
    for (int round = 1; round <= kRounds; ++round) {
      RowBatch batch(target, *reader);
      for (int i = 0; i < kRows; ++i) {
        const std::string place = fmt::format("p{:03}", backwards ? kRows - i : i + 1);
        const std::string message_key = key(place), value = row(place, 1, 2 * round + partition);
        LogRecord message;
        message.key = message_key;
        message.value = value;
        message.offset = claim.next_offset + i;
        batch.add(from, message);
      }
      store->write(from, claim, batch, claim.next_offset + kRows);
      claim.next_offset += kRows;
    }
  };
  std::exception_ptr first, second;
  const auto kept = [](std::exception_ptr& error, const auto& work) {
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  };
  std::thread other([&] { kept(second, [&] { load(1, true); }); });
  kept(first, [&] { load(0, false); });
  other.join();
  EXPECT_FALSE(first || second);
  EXPECT_THAT(ask("SELECT count(*), min(_revision), max(_revision) FROM monthly"),
              ElementsAre("300|61|61"));
}

TEST_F(LoaderTest, APositionThatMovedUnderItBreaksTheTask) {
  Owner one = owner();
  put_row("A", 1, 1);
  one.read();
  database_->run("UPDATE _sluice.positions SET next_offset = 7");
  EXPECT_THROW(one.task_.commit(), TaskBroken);
  EXPECT_THAT(visits(), IsEmpty());
  EXPECT_THROW(owner(), Unsafe);
}

TEST_F(LoaderTest, AConnectionKilledBeforeTheCommitLosesNothing) {
  Owner one = owner();
  put_row("A", 1, 1);
  one.load();
  put_row("A", 2, 2);
  put_row("B", 1, 1);
  one.read();
  kill_loaders_connections();
  EXPECT_THROW(one.task_.commit(), postgres::ConnectionLost);
  EXPECT_THAT(visits(), ElementsAre("A|1|1"));
  Owner two = owner();
  EXPECT_EQ(two.position_, 1);
  two.load();
  EXPECT_THAT(visits(), ElementsAre("A|2|2", "B|1|1"));
  EXPECT_THAT(revision(), ElementsAre("2"));
}

TEST_F(LoaderTest, AConnectionKilledInsideTheCommitIsInDoubtAndLosesNothing) {
  // The commit takes a while, so that it can be met in the middle.
  database_->run("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
                 "'BEGIN PERFORM pg_sleep(30); RETURN NULL; END'");
  database_->run("CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON monthly DEFERRABLE INITIALLY "
                 "DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()");
  Owner one = owner();
  put_row("A", 1, 1);
  one.read();
  postgres::Connection watcher(url_);
  std::thread killer([&] {
    for (std::int64_t killed = 0; killed == 0; std::this_thread::yield()) {
      killed = watcher.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                           "WHERE datname = current_database() AND query = 'COMMIT' "
                           "AND wait_event = 'PgSleep'").size();
    }
  });
  bool in_doubt = false;
  try {
    one.task_.commit();
  } catch (const postgres::ConnectionLost& error) {
    in_doubt = error.in_doubt;
  }
  killer.join();
  EXPECT_TRUE(in_doubt);
  database_->run("DROP TRIGGER slow ON monthly");
  Owner two = owner();
  EXPECT_EQ(two.position_, 0);
  two.load();
  EXPECT_THAT(visits(), ElementsAre("A|1|1"));
}

TEST_F(LoaderTest, ACommitWhoseAnswerIsLostIsNotDoneTwice) {
  sluice::testing::CuttingProxy proxy(url_);
  Owner one(*this, proxy.url(), kMonthly);
  put_row("A", 1, 1);
  one.read();
  proxy.cut_next_commit();
  bool in_doubt = false;
  try {
    one.task_.commit();
  } catch (const postgres::ConnectionLost& error) {
    in_doubt = error.in_doubt;
  }
  EXPECT_TRUE(in_doubt);
  EXPECT_THAT(visits(), ElementsAre("A|1|1"));
  Owner two = owner();
  EXPECT_EQ(two.position_, 1);
  two.load();
  EXPECT_THAT(position(), ElementsAre("1|2"));
  EXPECT_THAT(revision(), ElementsAre("1"));
}

TEST_F(LoaderTest, OnlyTheRowsThatTheDatabaseRefusesBecomeDeadLetters) {
  const std::string huge(100'000, '9');  // beyond bigint
  for (int i = 0; i < 100; ++i) {
    const std::string place = fmt::format("p{:03}", i);
    if (i == 17) {
      put(key(place), R"({"place":"p017","visits":)" + huge + row("", 1, 1).substr(22));
    } else if (i == 71) {
      put(key(place), row("zero \\u0000 byte", 1, 1));
    } else if (i == 72) {
      put(key(place), "{");
    } else {
      put_row(place, 1, 1);
    }
  }
  put(R"(["zero \u0000",""])", row("Z", 1, 1));
  Owner one = owner();
  one.load();
  EXPECT_THAT(ask("SELECT count(*), min(place), max(place) FROM monthly"),
              ElementsAre("98|Z|p099"));
  EXPECT_THAT(ask("SELECT id, dataset, rule, stage FROM _sluice.dead_letters ORDER BY id"),
              ElementsAre("sluice.monthly.rows.v1/0/17|visits|poison|loader",
                          "sluice.monthly.rows.v1/0/71|visits|poison|loader",
                          "sluice.monthly.rows.v1/0/72|visits|poison|loader"));
  EXPECT_THAT(ask("SELECT reason FROM _sluice.dead_letters WHERE id LIKE '%/17'")[0],
              HasSubstr("out of range"));
  EXPECT_THAT(position(), ElementsAre("101|1"));
}

TEST_F(LoaderTest, AKeyThatIsNoTextStopsNothing) {
  Owner one = owner();
  put_row("A", 1, 1);
  one.load();
  put_gone("A");  // from now on every key is looked up among the deleted ones
  one.load();
  put("[\"\xff\",\"2017_01\"]", row("C", 1, 1));
  put_row("D", 1, 1);
  one.load();
  EXPECT_THAT(visits(), ElementsAre("D|1|1"));
  EXPECT_THAT(ask("SELECT rule FROM _sluice.dead_letters"), ElementsAre("poison"));
}

TEST_F(LoaderTest, RecordsBecomeATableWhereTheLaterVersionWins) {
  const auto record = [](int guests, const std::string& edited) {
    return fmt::format(R"({{"id":"x","guests":{},"day":"2017-01-31","edited":{}}})", guests, edited);
  };
  const std::string id = R"(["2017-01-31","x"])";
  Owner one = owner(kRecords);
  put(id, record(1, R"("2017-02-01T00:00:00Z")"), kRecords, "5-0123456789ab:0:2");
  one.load();
  put(id, record(2, "null"), kRecords, "9-0123456789ab:0:2");
  one.load();
  EXPECT_THAT(ask("SELECT id, guests, _place FROM visits"), ElementsAre("x|1|5"));
  put(id, record(3, R"("2017-02-01T00:00:00Z")"), kRecords, "5-0123456789ab:1:1");
  one.load();
  EXPECT_THAT(ask("SELECT id, guests, _place, _entry, _line FROM visits"),
              ElementsAre("x|3|5|1|1"));
  OutgoingRecord gone;
  gone.key = id;
  gone.tombstone = true;
  producer_->send(targets_[kRecords].topic, 0, gone);
  one.load();
  EXPECT_THAT(ask("SELECT id FROM visits"), IsEmpty());
}

TEST_F(LoaderTest, DeadLettersAreKeptOnceWithTheTimeOfTheirFirst) {
  DeadLetter letter;
  letter.id = "1-ab:0:2";
  letter.dataset = "visits";
  letter.rule = "columns";
  letter.row = "a;b";
  letter.stage = "ingest";
  Owner one = owner(kLetters);
  put(letter.id, to_json(letter), kLetters);
  one.load();
  const auto first = ask("SELECT created_at FROM _sluice.dead_letters");
  letter.reason = "still";
  put(letter.id, to_json(letter), kLetters);
  one.load();
  EXPECT_EQ(ask("SELECT created_at FROM _sluice.dead_letters"), first);
  EXPECT_THAT(ask("SELECT id, reason, attempts FROM _sluice.dead_letters"), ElementsAre("1-ab:0:2|still|2"));
}

TEST_F(LoaderTest, ATombstoneSettlesItsDeadLetterWhateverComesLaterOrInTheSameBatch) {
  DeadLetter letter;
  letter.dataset = "visits";
  letter.rule = "columns";
  letter.row = "a;b";
  letter.stage = "ingest";
  const auto bury = [&](const std::string& id, const std::string& retry) {
    letter.id = id;
    letter.retry = retry;
    put(id, to_json(letter), kLetters);
  };
  const auto settle = [&](const std::string& id, const std::string& retry) {
    const Header header{"retry", retry};
    OutgoingRecord gone;
    gone.key = id;
    gone.tombstone = true;
    gone.headers = {&header, 1};
    producer_->send(targets_[kLetters].topic, 0, gone);
  };
  Owner one = owner(kLetters);
  bury("1-ab:0:2", "");
  bury("1-ab:0:3", "");
  one.load();
  settle("1-ab:0:2", "7-ab");
  settle("1-ab:0:9", "7-ab");  // of a letter that is not here
  one.load();
  bury("1-ab:0:2", "5-ab");  // by a retry that was asked for before, and took longer
  bury("1-ab:0:3", "7-ab");
  bury("1-ab:0:3", "8-ab");
  bury("1-ab:0:4", "");
  settle("1-ab:0:4", "8-ab");
  one.load();
  EXPECT_THAT(ask("SELECT id, state, attempts, retry, resolved_by, resolved_at IS NULL FROM _sluice.dead_letters ORDER BY id"),
              ElementsAre("1-ab:0:2|retried|1||7-ab|f", "1-ab:0:3|open|3|8-ab||t", "1-ab:0:4|retried|1||8-ab|f"));
  ask("UPDATE _sluice.dead_letters SET state = 'discarded' WHERE id = '1-ab:0:3' RETURNING id");
  bury("1-ab:0:3", "9-ab");
  one.load();
  EXPECT_THAT(ask("SELECT state, attempts FROM _sluice.dead_letters WHERE id = '1-ab:0:3'"), ElementsAre("discarded|3"));
}

// A table that an earlier version made.
TEST_F(LoaderTest, DeadLettersOfAnEarlierVersionAreOpen) {
  ask("INSERT INTO _sluice.dead_letters (id, dataset, reason) VALUES ('1-ab:0:1', 'visits', 'why') RETURNING id");
  ask("ALTER TABLE _sluice.dead_letters DROP COLUMN context, DROP COLUMN retry, DROP COLUMN attempts, "
      "DROP COLUMN state, DROP COLUMN resolved_at, DROP COLUMN resolved_by, DROP COLUMN note, DROP COLUMN _offset");
  prepare_tables(*database_, {targets_[kLetters].table});
  EXPECT_THAT(ask("SELECT id, reason, state, attempts FROM _sluice.dead_letters"), ElementsAre("1-ab:0:1|why|open|1"));
}

}  // namespace
}  // namespace sluice::loader
