#include "common/adapters/http/request_text.h"

#include <gmock/gmock.h>

namespace sluice::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(PercentDecode, DecodesHexAndPlusWhereItMeansASpace) {
  EXPECT_EQ(percent_decode("a%20b%2Fc", false), "a b/c");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_EQ(percent_decode("%e2%82%ac", false), "€");
}

TEST(PercentDecode, RefusesWhatIsNotWellFormed) {
  for (const char* text : {"%", "%2", "%zz", "%00", "%ff", "%c0%af", "%ed%a0%80", "%e2%82"}) {
    EXPECT_FALSE(percent_decode(text, false)) << text;
  }
}

TEST(PercentEncode, IsTheInverse) {
  const std::string text = "España & 100% [gte]=a+b";
  EXPECT_EQ(percent_decode(percent_encode(text), true), text);
}

TEST(ParseTarget, SplitsPathAndQueryAndKeepsTheOrder) {
  const auto target =
      parse_target("/v1/reports/a%2Fb?country=Espa%C3%B1a&month[gte]=2017_01&flag&x=1=2");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("v1", "reports", "a/b"));
  EXPECT_EQ(target->path, "/v1/reports/a/b");
  EXPECT_THAT(target->query, ElementsAre(Pair("country", "España"), Pair("month[gte]", "2017_01"),
                                         Pair("flag", ""), Pair("x", "1=2")));
}

TEST(ParseTarget, TakesTheAbsoluteForm) {
  EXPECT_EQ(parse_target("http://host:80/a?b=c")->path, "/a");
  EXPECT_EQ(parse_target("http://host")->path, "/");
}

TEST(ParseTarget, RefusesWhatIsNoTarget) {
  for (const char* text : {"", "*", "v1", "/%zz", "/a?b=%"})
    EXPECT_FALSE(parse_target(text)) << text;
  std::string many = "/?";
  for (int i = 0; i < 101; ++i) many += "a=1&";
  EXPECT_FALSE(parse_target(many));
}

TEST(FindHeadEnd, WaitsForTheEmptyLine) {
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: a\r\n").size, 0u);
  EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody").size, 27u);
  EXPECT_EQ(find_head_end("GET / HTTP/1.0\r\n\r\n").size, 18u);
}

TEST(FindHeadEnd, ABareLineFeedIsMalformed) {
  EXPECT_TRUE(find_head_end("GET / HTTP/1.1\nHost: a\r\n\r\n").malformed);
  EXPECT_TRUE(find_head_end("GET / HTTP/1.1\r\nHost: a\n\n").malformed);
}

TEST(Head, AnOrdinaryOneIsTaken) {
  EXPECT_THAT(
      why_head_is_refused("GET / HTTP/1.1\r\nHost: a\r\nX-Y:z\r\nContent-Length: 12\r\n\r\n"),
      IsEmpty());
  EXPECT_THAT(
      why_head_is_refused("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
      IsEmpty());
  EXPECT_THAT(why_head_is_refused("GET / HTTP/1.0\r\n\r\n"), IsEmpty());
}

TEST(Head, WhatTwoParsersCouldReadDifferentlyIsRefused) {
  struct Case {
    const char* headers;
    const char* why;
  };
  const Case cases[] = {
      {"Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", "exclude each other"},
      {"Host: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n", "Content-Length is given twice"},
      {"Host: a\r\nContent-Length: +1\r\n", "not a number"},
      {"Host: a\r\nContent-Length: 1, 1\r\n", "not a number"},
      {"Host: a\r\nContent-Length:\r\n", "not a number"},
      {"Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", "Only Transfer-Encoding: chunked"},
      {"Host: a\r\nTransfer-Encoding: xchunked\r\n", "Only Transfer-Encoding: chunked"},
      {"Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       "Transfer-Encoding is given twice"},
      {"Host: a\r\nX: 1\r\n folded\r\n", "folded"},
      {"Host: a\r\nContent-Length : 1\r\n", "holds a space"},
      {"Host: a\r\nno colon\r\n", "no name"},
      {"Host: a\r\n: x\r\n", "no name"},
      {"Host: a\r\nX: 1\r2\r\n", "control character"},
      {"Host: a\r\nHost: b\r\n", "Host is given twice"},
      {"X: 1\r\n", "Host is missing"},
  };
  for (const Case& each : cases) {
    EXPECT_THAT(why_head_is_refused("POST / HTTP/1.1\r\n" + std::string(each.headers) + "\r\n"),
                HasSubstr(each.why))
        << each.headers;
  }
  EXPECT_THAT(why_head_is_refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), HasSubstr("Only HTTP/1.1"));
  EXPECT_THAT(why_head_is_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
              HasSubstr("HTTP/1.0"));
}

}  // namespace
}  // namespace sluice::http
