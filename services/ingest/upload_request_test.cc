#include "services/ingest/upload_request.h"

#include <gmock/gmock.h>

namespace sluice::ingest {
namespace {

http::Request request(std::vector<std::pair<std::string, std::string>> query,
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::Request out;
  out.query = std::move(query);
  out.headers = std::move(headers);
  return out;
}

int status_of(const http::Request& asked) {
  const auto read = read_upload_request(asked);
  return read ? 0 : read.error().status;
}

TEST(UploadName, LeadsNowhereElse) {
  for (const char* name : {"a.csv", "sub/a.csv", "day=2021-01-23/part-0.json", "ä b.csv", "a..b"}) {
    EXPECT_EQ(why_name_is_refused(name), "") << name;
  }
  for (const std::string name :
       {"", "/a.csv", "../a.csv", "a/../b.csv", "a//b", "a/", ".a", "a/.b", "\xff.csv", "a\nb"}) {
    EXPECT_NE(why_name_is_refused(name), "") << name;
  }
  EXPECT_NE(why_name_is_refused(std::string(201, 'x')), "");
  EXPECT_NE(why_name_is_refused(std::string_view("a\0b", 3)), "");
}

TEST(UploadRequest, ReadsItsQueryAndHeaders) {
  const auto read = read_upload_request(
      request({{"name", "a.csv"}, {"dataset", "things"}, {"dry_run", "true"}},
              {{"content-encoding", "gzip"}, {"idempotency-key", "k 1"}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->name, "a.csv");
  EXPECT_EQ(read->dataset, "things");
  EXPECT_TRUE(read->dry_run);
  EXPECT_TRUE(read->gzip);
  EXPECT_EQ(read->key, "k 1");
  EXPECT_FALSE(read->boundary);
}

TEST(UploadRequest, OnlyAFormMayComeWithoutAName) {
  EXPECT_EQ(status_of(request({})), 422);
  EXPECT_EQ(status_of(request({}, {{"content-type", "multipart/form-data; boundary=b"}})), 0);
  EXPECT_EQ(status_of(request({{"name", "../x"}},
                              {{"content-type", "multipart/form-data; boundary=b"}})),
            422);
}

TEST(UploadRequest, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(status_of(request({{"name", "a"}, {"dryrun", "true"}})), 400);
  EXPECT_EQ(status_of(request({{"name", "a"}, {"dry_run", "yes"}})), 400);
  EXPECT_EQ(status_of(request({{"name", "a"}}, {{"content-encoding", "br"}})), 415);
  EXPECT_EQ(status_of(request({{"name", "a"}}, {{"content-type", "multipart/mixed; boundary=b"}})),
            415);
  EXPECT_EQ(status_of(request({{"name", "a"}}, {{"idempotency-key", std::string(256, 'k')}})), 400);
}

}  // namespace
}  // namespace sluice::ingest
