#include "services/api/core/web_page.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace sluice::api {
namespace {

using testing::HasSubstr;
using testing::Not;

const EmbeddedFile kFiles[] = {{"index.html", "<!doctype html>"},
                               {"app.js", "start();"},
                               {"same.js", "start();"},
                               {"style.css", "p {}"}};

std::string header(const WebFile& file, std::string_view name) {
  for (const auto& [known, value] : web_headers(file)) {
    if (known == name) return value;
  }
  return {};
}

TEST(WebPage, FindsAFileByItsNameAndNothingElse) {
  const WebPage page(kFiles);
  ASSERT_NE(page.find("app.js"), nullptr);
  EXPECT_EQ(page.find("app.js")->bytes, "start();");
  EXPECT_NE(page.find(WebPage::kIndex), nullptr);
  for (const char* name : {"", "app", "App.js", "app.js ", "../app.js", "/app.js"}) {
    EXPECT_EQ(page.find(name), nullptr) << name;
  }
}

TEST(WebPage, ABrowserIsToldWhatEachFileIs) {
  EXPECT_EQ(content_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("chart.umd.min.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("style.css"), "text/css; charset=utf-8");
  EXPECT_EQ(content_type_of("icon.svg"), "image/svg+xml");
  EXPECT_EQ(content_type_of("archive.zip"), "application/octet-stream");
}

TEST(WebPage, AnETagStandsForTheBytes) {
  const WebPage page(kFiles);
  EXPECT_EQ(page.find("app.js")->etag, page.find("same.js")->etag);
  EXPECT_NE(page.find("app.js")->etag, page.find("style.css")->etag);
  EXPECT_TRUE(page.find("app.js")->etag.starts_with('"'));
  const EmbeddedFile changed[] = {{"app.js", "start() ;"}};
  EXPECT_NE(WebPage(changed).find("app.js")->etag, page.find("app.js")->etag);
}

TEST(WebPage, ThePolicyLetsNothingInFromElsewhereAndNothingInline) {
  const WebPage page(kFiles);
  const std::string policy = header(*page.find("index.html"), "Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none';")) << policy;
  EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
  EXPECT_THAT(policy, Not(HasSubstr("http")));
  EXPECT_THAT(policy, Not(HasSubstr("data:")));
  EXPECT_THAT(policy, Not(HasSubstr("*")));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(header(*page.find("app.js"), "Cache-Control"), "no-cache");
}

}  // namespace
}  // namespace sluice::api
