#include "common/adapters/rocksdb/rocksdb_stores.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "common/base/error.h"

namespace sluice {
namespace {

class RocksdbStore : public testing::Test {
 protected:
  RocksdbStore() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rocksdb-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~RocksdbStore() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(RocksdbStore, ANewStoreHasNoPositionAndNoData) {
  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  EXPECT_EQ(store->position(), "");
  EXPECT_EQ(store->get("x"), std::nullopt);
}

TEST_F(RocksdbStore, DataAndPositionOutliveACloseInGoodOrder) {
  RocksdbStores stores(folder_);
  stores.open("a")->apply({{"x", "1"}, {"y", "2"}, {"x", "3"}}, "p");
  const auto store = stores.open("a");
  EXPECT_EQ(store->position(), "p");
  EXPECT_EQ(store->get("x"), "3");
  const std::vector<std::optional<std::string>> expected{"2", std::nullopt, "3"};
  EXPECT_EQ(store->get_many({"y", "z", "x"}), expected);
}

TEST_F(RocksdbStore, ADeletedKeyIsGone) {
  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  store->apply({{"x", "1"}}, "p1");
  store->apply({{"x", std::nullopt}}, "p2");
  EXPECT_EQ(store->get("x"), std::nullopt);
}

TEST_F(RocksdbStore, AScanSeesThePrefixInByteOrderAndNeverThePosition) {
  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  store->apply({{"b2", "2"}, {"a", "0"}, {"b1", "1"}, {"b\xff", "3"}, {"c", "4"}}, "p");
  std::string seen;
  store->scan("b", [&](std::string_view, std::string_view value) {
    seen += value;
    return true;
  });
  EXPECT_EQ(seen, "123");
  seen.clear();
  store->scan("", [&](std::string_view, std::string_view value) {
    seen += value;
    return seen.size() < 2;
  });
  EXPECT_EQ(seen, "01");
}

TEST_F(RocksdbStore, AClearedStoreIsEmptyAndUsable) {
  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  store->apply({{"x", "1"}}, "p");
  store->clear();
  EXPECT_EQ(store->position(), "");
  EXPECT_EQ(store->get("x"), std::nullopt);
  store->apply({{"x", "2"}}, "q");
  EXPECT_EQ(store->get("x"), "2");
}

TEST_F(RocksdbStore, AStoreWhoseFilesAreDamagedIsRebuiltEmpty) {
  RocksdbStores stores(folder_);
  stores.open("a")->apply({{"x", "1"}}, "p");
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "a")) {
    if (!entry.path().filename().string().starts_with("MANIFEST")) continue;
    std::ofstream(entry.path()) << "not a manifest";
  }
  const auto store = stores.open("a");
  EXPECT_EQ(store->position(), "");
  store->apply({{"x", "2"}}, "q");
  EXPECT_EQ(store->get("x"), "2");
}

class DamagedRocksdbStore : public RocksdbStore {
 protected:
  // Keys a0000 … a1999 in files of which the data in the middle is wrong; everything else is right,
  // so that the store opens.
  DamagedRocksdbStore() {
    std::vector<StateStore::Write> writes;
    std::string value(500, '\0');
    for (int i = 0; i < kKeys; ++i) {
      for (char& c : value) c = static_cast<char>(random_());  // not to be compressed
      writes.push_back({key(i), value});
    }
    stores_.open("a")->apply(writes, "p");
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "a")) {
      if (entry.path().extension() != ".sst") continue;
      std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(kKeys * 500 / 2);
      file << std::string(20'000, '!');
    }
    store_ = stores_.open("a");
  }
  static std::string key(int i) { return "a" + std::to_string(10'000 + i).substr(1); }
  void expect_that_it_is_rebuilt() {
    EXPECT_EQ(store_->position(), "p") << "it is usable until it is closed";
    store_.reset();
    EXPECT_FALSE(std::filesystem::exists(folder_ / "a"));
    store_ = stores_.open("a");
    EXPECT_EQ(store_->position(), "");
    EXPECT_EQ(store_->get(key(0)), std::nullopt);
    store_->apply({{"x", "2"}}, "q");
    EXPECT_EQ(store_->get("x"), "2");
  }

  static constexpr int kKeys = 2000;
  std::minstd_rand random_;
  RocksdbStores stores_{folder_};
  std::unique_ptr<StateStore> store_;
};

TEST_F(DamagedRocksdbStore, AScanThatMeetsTheDamageBreaksTheTaskAndTheNextStoreIsEmpty) {
  int seen = 0;
  const auto count = [&](std::string_view, std::string_view) { return ++seen > 0; };
  EXPECT_THROW(store_->scan("a", count), TaskBroken);
  EXPECT_GT(seen, 0);
  EXPECT_LT(seen, kKeys);
  expect_that_it_is_rebuilt();
}

TEST_F(DamagedRocksdbStore, AReadWithinAScanThatMeetsTheDamageBreaksTheTaskToo) {
  std::string last;
  const auto read_all = [&](std::string_view at, std::string_view) {
    last = at;
    std::vector<std::string> names;
    for (int i = 0; i < kKeys; ++i) names.push_back(key(i));
    store_->get_many({names.begin(), names.end()});
    return true;
  };
  EXPECT_THROW(store_->scan("a", read_all), TaskBroken);
  EXPECT_EQ(last, key(0)) << "the scan itself was not there yet";
  expect_that_it_is_rebuilt();
}

TEST_F(DamagedRocksdbStore, AClearedOneIsEmptyAndIsKept) {
  EXPECT_THROW(store_->get(key(kKeys / 2 + 10)), TaskBroken);
  store_->clear();
  store_->apply({{"x", "1"}}, "q");
  store_.reset();
  EXPECT_EQ(stores_.open("a")->get("x"), "1");
}

TEST_F(RocksdbStore, AStoreThatIsOpenElsewhereIsNotTouched) {
  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  store->apply({{"x", "1"}}, "p");
  EXPECT_THROW(stores.open("a"), TaskBroken);
  EXPECT_EQ(store->get("x"), "1");
}

// Applies numbered batches, each of which sets the same keys to its number, until it kills itself
// the hard way.
[[noreturn]] void apply_until_killed(const std::filesystem::path& folder, int last) {
  RocksdbStores stores(folder, 8U << 20);  // small: memtables are flushed on the way
  const auto store = stores.open("a");
  const std::string padding(2000, 'x');
  for (int batch = 1; batch <= last; ++batch) {
    std::vector<StateStore::Write> writes;
    const std::string number = std::to_string(batch);
    for (int i = 0; i < 20; ++i) {
      writes.push_back({"shared" + std::to_string(i), number + padding});
    }
    writes.push_back({"own" + number, number});
    store->apply(writes, number);
  }
  kill(getpid(), SIGKILL);
  _exit(0);
}

// The victim is this program again (a forked RocksDB has lost its threads), so that the folder's name
// travels in the environment.
class KilledRocksdbStore : public testing::TestWithParam<int> {
 protected:
  KilledRocksdbStore() {
    const char* inherited = std::getenv(kFolderVariable);
    if (inherited != nullptr) {
      folder_ = inherited;
      return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "rocksdb-kill-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    setenv(kFolderVariable, folder_.c_str(), 1);
  }
  ~KilledRocksdbStore() override {
    unsetenv(kFolderVariable);
    std::filesystem::remove_all(folder_);
  }

  static constexpr const char* kFolderVariable = "SLUICE_KILLED_STORE_FOLDER";
  std::filesystem::path folder_;
};

TEST_P(KilledRocksdbStore, HoldsWholeBatchesTogetherWithTheirPosition) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const int last = GetParam();
  EXPECT_EXIT(apply_until_killed(folder_, last), testing::KilledBySignal(SIGKILL), "");

  RocksdbStores stores(folder_);
  const auto store = stores.open("a");
  const std::string position = store->position();
  const int survived = position.empty() ? 0 : std::stoi(position);
  EXPECT_LE(survived, last);
  if (last > 2000) {
    EXPECT_GT(survived, 0) << "memtables were flushed on the way";
  }
  for (int batch = 1; batch <= last; ++batch) {
    EXPECT_EQ(store->get("own" + std::to_string(batch)).has_value(), batch <= survived);
  }
  for (int i = 0; i < 20; ++i) {
    const auto value = store->get("shared" + std::to_string(i));
    ASSERT_EQ(value.has_value(), survived > 0);
    if (value) {
      EXPECT_EQ(std::stoi(*value), survived);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(AfterBatches, KilledRocksdbStore, testing::Values(3, 700, 2500));

}  // namespace
}  // namespace sluice
