#include "common/access/token_file.h"

#include <gmock/gmock.h>

namespace sluice::access {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Of "test", by sha256sum.
constexpr const char* kHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

std::string entry(const std::string& name, const std::string& scopes, const std::string& hash = kHash) {
  return "- name: " + name + "\n  sha256: " + hash + "\n  scopes: " + scopes + "\n";
}

std::string refusal(const std::string& text) {
  const auto tokens = parse_token_file(text, "tokens.yaml");
  return tokens ? "accepted" : tokens.error().message;
}

TEST(TokenFileTest, AnEntryHasNameHashScopesAndPerhapsAnEnd) {
  const auto tokens = parse_token_file(
      entry("grafana", "[read]") + entry("delivery-1", "[read, write]", std::string(64, 'A')) +
          "  expires: 2027-01-31T12:00:00+01:00\n",
      "tokens.yaml");
  ASSERT_TRUE(tokens) << tokens.error().message;
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ((*tokens)[0].name, "grafana");
  EXPECT_EQ((*tokens)[0].hash, hash_of("test"));
  EXPECT_FALSE((*tokens)[0].expires);
  EXPECT_TRUE((*tokens)[0].may(Scope::kRead));
  EXPECT_FALSE((*tokens)[0].may(Scope::kWrite));
  EXPECT_TRUE((*tokens)[1].may(Scope::kWrite));
  EXPECT_EQ(to_string(*(*tokens)[1].expires), "2027-01-31T11:00:00Z");
}

TEST(TokenFileTest, JsonIsTakenToo) {
  const auto tokens = parse_token_file(
      std::string(R"([{"name": "a", "sha256": ")") + kHash + R"(", "scopes": ["admin"]}])", "tokens.json");
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_TRUE(tokens->front().may(Scope::kWrite));
}

TEST(TokenFileTest, AListWithoutAnEntryIsWellAndAnEmptyFileIsAMistake) {
  EXPECT_EQ(parse_token_file("[]", "t")->size(), 0u);
  EXPECT_THAT(refusal(""), HasSubstr("no list of tokens"));
}

TEST(TokenFileTest, AMistakeIsToldWithItsLine) {
  struct Case {
    std::string text, says;
  };
  for (const Case& c :
       {Case{"tokens: 1\n", "tokens.yaml:1: the file holds no list"},
        {"- [\n", "neither YAML nor JSON"},
        {"- a\n", "tokens.yaml:1: an entry is a map"},
        {entry("a b", "[read]"), "tokens.yaml:1: name has 1 to 64"},
        {entry("a", "[read]", "abc"), "tokens.yaml:2: sha256 has 64 hexadecimal digits"},
        {entry("a", "[read]", std::string(64, 'g')), "tokens.yaml:2: sha256 has 64"},
        {entry("a", "read"), "tokens.yaml:3: scopes takes a list"},
        {entry("a", "[]"), "tokens.yaml:3: scopes takes a list"},
        {entry("a", "[reed]"), "tokens.yaml:3: there is no such scope"},
        {entry("a", "[[read]]"), "tokens.yaml:3: a scope takes one value"},
        {entry("a", "[read]") + "  expires: tomorrow\n", "tokens.yaml:4: expires is a time"},
        {entry("a", "[read]") + "  expiry: 2027-01-31T00:00:00Z\n", "tokens.yaml:4: an entry has name"},
        {entry("a", "[read]") + "  name: b\n", "tokens.yaml:4: a key of an entry stands there twice"},
        {"- name: a\n  scopes: [read]\n", "tokens.yaml:1: the entry has no sha256"},
        {entry("a", "[read]") + entry("a", "[read]", std::string(64, '0')), "tokens.yaml:4: the name a stands"},
        {entry("a", "[read]") + entry("b", "[read]"), "tokens.yaml:4: a and b have the same sha256"}}) {
    EXPECT_THAT(refusal(c.text), HasSubstr(c.says)) << c.text;
  }
}

TEST(TokenFileTest, ATokenWrittenInAWrongPlaceIsNotRepeated) {
  const std::string secret = "q7Zx-secret-token_9";
  for (const std::string& text :
       {entry(secret + " ", "[read]"), entry("a", "[read]", secret), entry("a", "[" + secret + "]"),
        entry("a", "[read]") + "  " + secret + ": x\n", entry("a", "[read]") + "  expires: " + secret + "\n",
        "- " + secret + "\n", secret, "[*" + secret + "]", "- {" + secret + ": [}"}) {
    const std::string says = refusal(text);
    if (says == "accepted") continue;  // a name may be anything plain
    EXPECT_THAT(says, Not(HasSubstr(secret))) << text;
  }
}

TEST(TokenFileTest, AnEntryIsReadBackAsItWasMade) {
  Token token;
  token.name = "nightly";
  token.hash = hash_of("x");
  token.scopes = {true, true, false};
  token.expires = parse_iso_instant("2027-01-31T00:00:00Z");
  const auto read = parse_token_file(entry_of(token), "t");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->front().name, token.name);
  EXPECT_EQ(read->front().hash, token.hash);
  EXPECT_EQ(read->front().scopes, token.scopes);
  EXPECT_EQ(read->front().expires, token.expires);
}

TEST(TokenTest, IsBase64UrlOfAllItsBytes) {
  std::array<unsigned char, kTokenBytes> bytes{};
  EXPECT_EQ(token_of(bytes), std::string(43, 'A'));
  bytes.fill(0xff);
  EXPECT_EQ(token_of(bytes), std::string(42, '_') + "8");
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(i * 8 + 3);
  // By: python3 -c 'import base64; print(base64.urlsafe_b64encode(bytes(i*8+3 for i in range(32))))'
  EXPECT_EQ(token_of(bytes), "AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2-Pr8_s");
}

TEST(TokenTest, HashesAreComparedWhole) {
  const TokenHash a = hash_of("a");
  for (std::size_t i = 0; i < a.size(); ++i) {
    TokenHash b = a;
    b[i] ^= 1;
    EXPECT_FALSE(is_same(a, b)) << i;
  }
  EXPECT_TRUE(is_same(a, hash_of("a")));
  EXPECT_EQ(hash_from_hex(hex(a)), a);
}

}  // namespace
}  // namespace sluice::access
