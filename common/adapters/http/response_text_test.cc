#include "common/adapters/http/response_text.h"

#include <gmock/gmock.h>

#include "common/adapters/http/client.h"

namespace sluice::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HeadOf, CarriesLengthDateAndSafetyHeaders) {
  Response response;
  response.body = "{}";
  const std::string head = head_of(response, true, 0);
  EXPECT_THAT(head, HasSubstr("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Security-Policy: default-src 'none'"));
  EXPECT_TRUE(head.ends_with("Connection: keep-alive\r\n\r\n"));
}

TEST(HeadOf, TheResponsesOwnHeadersWin) {
  Response response;
  response.headers = {{"Cache-Control", "no-cache"}};
  EXPECT_THAT(head_of(response, false, 0), Not(HasSubstr("no-store")));
}

TEST(HeadOf, AValueCanNotStartANewHeader) {
  Response response;
  response.headers = {{"X-A", "1\r\nSet-Cookie: x"}};
  EXPECT_THAT(head_of(response, true, 0), HasSubstr("X-A: 1  Set-Cookie: x\r\n"));
}

TEST(HeadOf, NotModifiedHasNoLength) {
  Response response;
  response.status = 304;
  EXPECT_THAT(head_of(response, true, 0), Not(HasSubstr("Content-Length")));
}

TEST(Problem, IsEscapedAndCompletedWithPathAndId) {
  Response response = problem(404, "Not \"found\"", "a\nb");
  complete_problem(response, "/x", "id-1");
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            "{\"type\":\"about:blank\",\"title\":\"Not \\\"found\\\"\",\"status\":404,"
            "\"detail\":\"a\\nb\",\"instance\":\"/x\",\"request_id\":\"id-1\"}\n");
}

TEST(Problem, IsUtf8WhateverThePathAndTheIdHold) {
  Response response = problem(400, "Bad request", "");
  complete_problem(response, "/\xb5", "\xd7x");
  EXPECT_THAT(response.body, HasSubstr("\"instance\":\"/\xEF\xBF\xBD\",\"request_id\":\"\xEF\xBF\xBDx\""));
}

TEST(TraceId, ComesFromAWellFormedTraceparentOnly) {
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  EXPECT_EQ(trace_id_of("00-" + trace + "-b7ad6b7169203331-01"), trace);
  EXPECT_EQ(trace_id_of("00-00000000000000000000000000000000-b7ad6b7169203331-01"), "");
  EXPECT_EQ(trace_id_of("ff-" + trace + "-b7ad6b7169203331-01"), "");
  EXPECT_EQ(trace_id_of("00-" + trace + "-b7ad6b7169203331"), "");
  EXPECT_EQ(trace_id_of(""), "");
}

TEST(PlainId, RefusesWhatCouldForgeALogLine) {
  EXPECT_TRUE(is_plain_id("a-B_9.x"));
  EXPECT_FALSE(is_plain_id(""));
  EXPECT_FALSE(is_plain_id("a b"));
  EXPECT_FALSE(is_plain_id(std::string(129, 'a')));
}

TEST(ParseResponse, UnderstandsTheThreeKindsOfBody) {
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", false)->body, "ab");
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\n\r\nabc", false)->body, "abc");
  EXPECT_EQ(
      parse_response(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
          false)
          ->body,
      "abc");
  EXPECT_EQ(parse_response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\n\r\n", false)->status,
            404);
}

TEST(ParseResponse, SaysWhenTheAnswerIsCutShort) {
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", false));
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\n", false));
  EXPECT_FALSE(parse_response("SMTP\r\n\r\n", false));
}

TEST(ParseResponse, RefusesAStatusThatIsNotThreeDigits) {
  for (const char* status : {"2x0", "20", "2000", "-20", "+20", "099", "", "2 0"}) {
    EXPECT_FALSE(parse_response("HTTP/1.1 " + std::string(status) + " OK\r\n\r\n", false)) << status;
  }
  EXPECT_EQ(parse_response("HTTP/1.1 204\r\n\r\n", false)->status, 204) << "the reason may be missing";
  EXPECT_FALSE(parse_response("HTTP/1.1x200 OK\r\n\r\n", false));
}

TEST(ParseResponse, RefusesALengthWithMoreThanDigitsAndTakesAChunksExtension) {
  EXPECT_FALSE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nab", false));
  const auto chunked = [](const std::string& size) {
    return parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + size + "\r\nab\r\n0\r\n\r\n",
                          false);
  };
  EXPECT_FALSE(chunked("2x"));
  EXPECT_EQ(chunked("2;name=value")->body, "ab");
  EXPECT_EQ(chunked("2 ; name")->body, "ab");
}

TEST(ParseResponse, RefusesAChunkLargerThanWhatCame) {
  for (const char* size : {"3", "ffffffff", "7fffffffffffffff", "fffffffffffffffd", "fffffffffffffffe",
                           "ffffffffffffffff", "10000000000000000", "-1", ""}) {
    const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) +
                               "\r\nab\r\n0\r\n\r\n";
    EXPECT_FALSE(parse_response(answer, false)) << size;
  }
}

}  // namespace
}  // namespace sluice::http
