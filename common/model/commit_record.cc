#include "common/model/commit_record.h"

#include <fmt/format.h>

#include "common/model/json_read.h"

namespace sluice {
namespace {

using model_json::read_number;

constexpr int kFormat = 1;

}  // namespace

std::string to_json(const CommitRecord& r) {
  model_json::ObjectWriter inputs;
  for (const auto& [topic, offset] : r.inputs) inputs.signed_number(topic, offset);
  model_json::ObjectWriter out;
  out.signed_number("format", r.format)
      .text("task", r.task)
      .number("transaction", r.transaction)
      .number("previous", r.previous)
      .raw("inputs", inputs.finish())
      .signed_number("partitions", r.partitions)
      .text("fingerprint", r.fingerprint)
      .number("messages", r.messages);
  if (r.cut != 0) out.signed_number("cut", r.cut);
  if (!r.feeds.empty()) out.raw("feeds", nlohmann::json(r.feeds).dump());
  return out.finish();
}

Result<CommitRecord> commit_record_from_json(std::string_view json) {
  return model_json::read_object<CommitRecord>(
      json, "a commit record", [](const nlohmann::json& j) {
        CommitRecord r;
        read_number(j, "format", r.format);
        r.task = j.at("task");
        if (r.format > kFormat) return r;
        read_number(j, "transaction", r.transaction);
        read_number(j, "previous", r.previous);
        for (const auto& [topic, offset] : j.at("inputs").items()) {
          r.inputs[topic] = model_json::whole_number<std::int64_t>(offset, topic);
        }
        read_number(j, "partitions", r.partitions);
        r.fingerprint = j.at("fingerprint");
        read_number(j, "messages", r.messages);
        r.feeds = j.value("feeds", std::vector<std::string>{});
        if (j.contains("cut")) read_number(j, "cut", r.cut);
        return r;
      });
}

void CommitChain::read(const CommitRecord& record) {
  if (record.task != task_) {
    throw Unsafe(fmt::format("a commit record of {} lies among those of {}", record.task, task_));
  }
  if (record.format > kFormat) {
    throw Unsafe(fmt::format(
        "{} was last run by a newer version of Sluice (commit format {}, this one knows {}); "
        "run that version or a later one",
        task_, record.format, kFormat));
  }
  // Compaction removes older records, so numbers may jump forward; each still names its
  // predecessor.
  const bool follows =
      record.transaction == record.previous + 1 && record.transaction > last_.transaction;
  if (!follows) {
    throw Unsafe(
        fmt::format("torn transaction: commit record {} of {} (after {}) does not follow {}",
                    record.transaction, task_, record.previous, last_.transaction));
  }
  last_ = record;
}

CommitRecord CommitChain::next() const {
  CommitRecord record;
  record.format = kFormat;
  record.task = task_;
  record.transaction = last_.transaction + 1;
  record.previous = last_.transaction;
  return record;
}

}  // namespace sluice
