// What an S3 server says: listings, uploads, errors, tags, events; and a credentials file. The first byte says which.

#include "common/adapters/s3/answers.h"
#include "common/adapters/s3/credentials.h"
#include "services/ingest/core/s3_targets.h"
#include "tests/fuzz/support/choices.h"
#include "tests/fuzz/support/law.h"

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Choices choices(data, size);
  const std::size_t kind = choices.below(6);
  const std::string_view text = choices.rest();
  switch (kind) {
    case 0:
    case 1: {
      const auto page = s3::parse_list(text, kind == 1);
      LAW("a refusal says why", page || !page.error().message.empty());
      if (!page) break;
      for (const s3::ObjectInfo& object : page->objects) {
        LAW("an object that is listed has a key", !object.key.empty());
        LAW("a time is one that nanoseconds can hold", object.mtime_ns != INT64_MIN && object.mtime_ns != INT64_MAX);
      }
      break;
    }
    case 2:
      for (const s3::Upload& upload : s3::parse_uploads(text)) {
        LAW("an upload that can be aborted has key and id", !upload.key.empty() && !upload.id.empty());
      }
      break;
    case 3:
      s3::parse_error(text);
      s3::parse_tags(text);
      s3::first_text(text, "ETag");
      break;
    case 4:
      if (const auto hint = ingest::parse_hint(text)) {
        for (const auto& [bucket, key] : *hint) LAW("a hint names an object", !bucket.empty() && !key.empty());
      }
      break;
    default:
      if (const auto keys = s3::keys_of_profile(std::string(text), "default")) {
        LAW("keys are two", !keys->access_key_id.empty() && !keys->secret_access_key.empty());
      }
      break;
  }
  const std::string escaped = "<a>" + s3::xml_escaped(text) + "</a>";
  s3::unquoted(text);
  LAW("escaped text has no markup", escaped.find('<', 1) == escaped.size() - 4);
  return 0;
}
