#include "services/ingest/core/s3_targets.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "services/ingest/core/discovery.h"

namespace sluice::ingest {
namespace {

std::string text_at(const nlohmann::json& object, std::initializer_list<const char*> path) {
  const nlohmann::json* at = &object;
  for (const char* name : path) {
    if (!at->is_object() || !at->contains(name)) return {};
    at = &at->at(name);
  }
  return at->is_string() ? at->get<std::string>() : std::string();
}

// AWS encodes keys in its records as forms do: a space is '+'.
std::string form_decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 3], byte, 16).ptr == &text[i + 3]) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

S3Targets::S3Targets(const S3Settings& settings,
                     const std::vector<std::shared_ptr<const Dataset>>& datasets) {
  if (!settings.bucket.empty()) {
    targets_.push_back({settings.bucket, settings.prefix, settings.after, nullptr});
  }
  for (const auto& dataset : datasets) {
    if (!dataset->s3) continue;
    const std::string& bucket = dataset->s3->bucket.empty() ? settings.bucket : dataset->s3->bucket;
    if (bucket.empty()) continue;
    targets_.push_back({bucket, dataset->s3->prefix, dataset->s3->after, dataset});
  }
}

const S3Target* S3Targets::of(std::string_view bucket, std::string_view key) const {
  if (key.empty() || key.ends_with('/') || is_temporary_name(key)) return nullptr;
  if (key.starts_with(kArchivePrefix) || key.starts_with(kFailedPrefix)) return nullptr;
  const std::string_view name = key.substr(key.rfind('/') + 1);
  const S3Target* best = nullptr;
  for (const S3Target& target : targets_) {
    if (target.bucket != bucket || !key.starts_with(target.prefix)) continue;
    if (target.dataset != nullptr && !takes_file(*target.dataset, name)) continue;
    // At the same prefix a dataset's own word counts more than the installation's.
    const bool better = best == nullptr || target.prefix.size() > best->prefix.size() ||
                        (target.prefix.size() == best->prefix.size() && best->dataset == nullptr);
    if (better) best = &target;
  }
  return best;
}

std::vector<std::pair<std::string, std::string>> S3Targets::listings() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const S3Target& target : targets_) out.emplace_back(target.bucket, target.prefix);
  std::ranges::sort(out);
  const auto covered = [](const auto& earlier, const auto& later) {
    return earlier.first == later.first && later.second.starts_with(earlier.second);
  };
  out.erase(std::unique(out.begin(), out.end(), covered), out.end());
  return out;
}

std::optional<HintedObjects> parse_hint(std::string_view body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  HintedObjects out;
  if (json.contains("Records") && json.at("Records").is_array()) {
    for (const nlohmann::json& record : json.at("Records")) {
      out.emplace_back(text_at(record, {"s3", "bucket", "name"}),
                       form_decoded(text_at(record, {"s3", "object", "key"})));
    }
  } else if (json.contains("detail")) {
    out.emplace_back(text_at(json, {"detail", "bucket", "name"}),
                     text_at(json, {"detail", "object", "key"}));
  } else {
    constexpr std::string_view kBuckets = "/buckets/";
    std::string path = text_at(json, {"key"});
    if (path.starts_with(kBuckets)) {
      path.erase(0, kBuckets.size());
      const std::size_t slash = path.find('/');
      if (slash != std::string::npos) {
        out.emplace_back(path.substr(0, slash), path.substr(slash + 1));
      }
    }
  }
  std::erase_if(out, [](const auto& object) { return object.first.empty() || object.second.empty(); });
  return out;
}

}  // namespace sluice::ingest
