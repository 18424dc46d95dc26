#include "common/adapters/rocksdb/rocksdb_stores.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "common/base/check.h"
#include "common/base/error.h"
#include "common/telemetry/log.h"

namespace sluice {
namespace {

constexpr std::size_t kMemtableBytes = 16U << 20;
constexpr int kOpenFilesPerStore = 128;
const rocksdb::Slice kPositionKey;  // the empty key

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

rocksdb::Options make_options(const std::shared_ptr<rocksdb::Cache>& cache,
                              const std::shared_ptr<rocksdb::WriteBufferManager>& memtables) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;

  rocksdb::Options options;
  options.create_if_missing = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_manager = memtables;
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 3;
  // Most keys of a first load are new: both filters answer "not here" without a search.
  options.memtable_prefix_bloom_size_ratio = 0.1;
  options.memtable_whole_key_filtering = true;
  // Batches come in key order: remember where the last key went.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  options.compression = rocksdb::kLZ4Compression;
  options.max_open_files = kOpenFilesPerStore;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1U << 20;
  return options;
}

// Whether the files themselves are wrong, as against the disk or a lock that stands in the way.
bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() || status.IsPathNotFound() || status.IsInvalidArgument() ||
         status.IsNotSupported();
}

class Store final : public StateStore {
 public:
  Store(rocksdb::Options options, std::string path)
      : options_(std::move(options)), path_(std::move(path)) {
    write_.disableWAL = true;
    const rocksdb::Status status = open();
    if (status.ok()) return;
    if (!is_damage(status)) broken("cannot be opened", status);
    log::warning("local state is damaged and is rebuilt from the log",
                 {{"store", path_}, {"error", status.ToString()}});
    clear();
  }

  ~Store() override {
    if (damaged_) destroy();
    if (!database_) return;
    const rocksdb::Status status = database_->Flush(rocksdb::FlushOptions());
    if (status.ok()) return;
    log::warning("local state was not flushed; the log has what is missing",
                 {{"store", path_}, {"error", status.ToString()}});
  }

  std::optional<std::string> get(std::string_view key) const override {
    if (key.empty()) return std::nullopt;
    return find(slice(key));
  }

  std::vector<std::optional<std::string>> get_many(
      const std::vector<std::string_view>& keys) const override {
    std::vector<rocksdb::Slice> slices;
    slices.reserve(keys.size());
    for (std::string_view key : keys) slices.push_back(slice(key));
    std::vector<rocksdb::PinnableSlice> values(keys.size());
    std::vector<rocksdb::Status> statuses(keys.size());
    database_->MultiGet(read_, database_->DefaultColumnFamily(), keys.size(), slices.data(),
                        values.data(), statuses.data());
    std::vector<std::optional<std::string>> out(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (statuses[i].ok()) {
        if (!keys[i].empty()) out[i].emplace(values[i].data(), values[i].size());
      } else if (!statuses[i].IsNotFound()) {
        failed("cannot be read", statuses[i]);
      }
    }
    return out;
  }

  void scan(std::string_view prefix,
            const std::function<bool(std::string_view, std::string_view)>& each) const override {
    std::unique_ptr<rocksdb::Iterator> it(database_->NewIterator(read_));
    for (it->Seek(slice(prefix)); it->Valid() && it->key().starts_with(slice(prefix)); it->Next()) {
      if (it->key().empty()) continue;
      if (!each(view(it->key()), view(it->value()))) return;
    }
    if (!it->status().ok()) failed("cannot be read", it->status());
  }

  void apply(const std::vector<Write>& writes, std::string_view position) override {
    rocksdb::WriteBatch batch;
    for (const Write& write : writes) {
      SLUICE_CHECK(!write.key.empty(), "the empty key is the position's");
      if (write.value) {
        batch.Put(slice(write.key), slice(*write.value));
      } else {
        batch.Delete(slice(write.key));
      }
    }
    batch.Put(kPositionKey, slice(position));
    const rocksdb::Status status = database_->Write(write_, &batch);
    if (!status.ok()) failed("cannot be written", status);
  }

  std::string position() const override { return find(kPositionKey).value_or(""); }

  void clear() override {
    destroy();
    const rocksdb::Status status = open();
    if (!status.ok()) broken("cannot be made anew", status);
  }

 private:
  rocksdb::Status open() {
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options_, path_, &opened);
    database_.reset(opened);
    return status;
  }

  std::optional<std::string> find(const rocksdb::Slice& key) const {
    std::string value;
    const rocksdb::Status status = database_->Get(read_, key, &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) failed("cannot be read", status);
    return value;
  }

  // Leaves nothing behind, not even files that RocksDB does not know. Nothing of the database is in use.
  void destroy() {
    database_.reset();
    damaged_ = false;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  // The database stays open: this may be told from within a scan, whose iterator needs it.
  [[noreturn]] void failed(const std::string& what, const rocksdb::Status& status) const {
    if (status.IsCorruption() && !damaged_) {
      log::warning("local state is damaged and is rebuilt from the log",
                   {{"store", path_}, {"error", status.ToString()}});
      damaged_ = true;
    }
    broken(what, status);
  }
  [[noreturn]] void broken(const std::string& what, const rocksdb::Status& status) const {
    throw TaskBroken("local state " + path_ + " " + what + ": " + status.ToString());
  }

  rocksdb::Options options_;
  std::string path_;
  rocksdb::ReadOptions read_;
  rocksdb::WriteOptions write_;
  std::unique_ptr<rocksdb::DB> database_;  // null: it could not be opened
  mutable bool damaged_ = false;           // found so while read: its folder goes with the object
};

}  // namespace

struct RocksdbStores::Shared {
  std::filesystem::path folder;
  rocksdb::Options options;
};

RocksdbStores::RocksdbStores(std::filesystem::path folder, std::size_t memory_bytes)
    : shared_(std::make_shared<Shared>()) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw ConfigError("the folder for local state " + folder.string() +
                      " cannot be made: " + failure.message());
  }
  const auto cache = rocksdb::NewLRUCache(memory_bytes);
  const auto memtables = std::make_shared<rocksdb::WriteBufferManager>(memory_bytes / 2, cache);
  shared_->folder = std::move(folder);
  shared_->options = make_options(cache, memtables);
}

RocksdbStores::~RocksdbStores() = default;

std::unique_ptr<StateStore> RocksdbStores::open(const std::string& name) {
  return std::make_unique<Store>(shared_->options, (shared_->folder / name).string());
}

}  // namespace sluice
