#include "config/terms.h"

#include <gtest/gtest.h>

#include "workspace.h"

namespace moongate {
namespace {

std::string refusal(std::string_view json) {
  const auto terms = parse_terms(json);
  return terms.ok() ? "it was taken" : terms.error().message;
}

bool holds(std::string_view block, std::string_view address) {
  const auto cidr = Cidr::parse(block);
  EXPECT_TRUE(cidr.ok()) << block;
  Terms terms;
  terms.ip_allow.push_back(*cidr);
  return terms.allows_address(address);
}

TEST(Terms, NothingSaidIsNothingForbidden) {
  for (const char* text : {"", "{}", " { } "}) {
    const auto terms = parse_terms(text);
    ASSERT_TRUE(terms.ok());
    EXPECT_EQ(*terms, Terms());
    EXPECT_FALSE(terms->limits.any());
    EXPECT_EQ(render_terms(*terms), "{}");
  }
}

TEST(Terms, ComeBackAsTheyWereWrittenInOneOrder) {
  constexpr std::string_view kText =
      R"({"providers":["anthropic","vertex-claude"],"models":["claude-*","m"],"ip_allow":["10.0.0.0/8","2001:db8::/32","192.0.2.7","::1"],)"
      R"("expires":"2027-01-01T00:00:00Z","limits":{"requests_per_minute":60,"tokens_per_minute":1,"input_tokens_per_minute":2,)"
      R"("output_tokens_per_minute":3,"tokens_per_day":4,"cost_per_day":"12.50","cost_per_month":"0.000000001","concurrent":8},)"
      R"("shadow":true,"markup":"2.000001","trace":true})";
  const auto terms = parse_terms(kText);
  ASSERT_TRUE(terms.ok()) << terms.error().message;
  EXPECT_EQ(terms->limits.cost_per_day, 12'500'000'000);
  EXPECT_EQ(terms->limits.cost_per_month, 1);
  EXPECT_EQ(terms->markup_ppm, 2'000'001);
  EXPECT_EQ(terms->expires_at_s, 1798761600);
  EXPECT_EQ(render_terms(*terms), kText);
  EXPECT_EQ(*parse_terms(render_terms(*terms)), *terms);
}

TEST(Terms, AmountsAreTextOrNumbers) {
  EXPECT_EQ(parse_terms(R"({"limits":{"cost_per_day":12.5}})")->limits.cost_per_day, 12'500'000'000);
  EXPECT_EQ(parse_terms(R"({"limits":{"cost_per_day":"3"}})")->limits.cost_per_day, 3'000'000'000);
  EXPECT_EQ(parse_terms(R"({"markup":2})")->markup_ppm, 2'000'000);
  EXPECT_EQ(parse_terms(R"({"markup":"0"})")->markup_ppm, 0);
}

TEST(Terms, AnExpiryMayHaveAZoneAFractionOrNoTimeAtAll) {
  const auto at = [](std::string_view text) {
    const auto terms = parse_terms(R"({"expires":")" + std::string(text) + "\"}");
    return terms.ok() ? terms->expires_at_s : -1;
  };
  EXPECT_EQ(at("2027-01-01"), 1798761600);
  EXPECT_EQ(at("2027-01-01T02:00:00+02:00"), 1798761600);
  EXPECT_EQ(at("2026-12-31T23:30:00.999-00:30"), 1798761600);
  for (const char* bad : {"", "2027", "2027-02-29", "2027-13-01", "2027-01-01T", "2027-01-01T24:00:00Z", "2027-01-01T00:00:00",
                          "2027-01-01T00:00:00.Z", "2027-01-01T00:00:00+0200", "2027-01-01 00:00:00Z", "1970-01-01", "1969-05-05",
                          "20270101", "2027-01-01Z", "tomorrow"}) {
    EXPECT_EQ(at(bad), -1) << bad;
  }
}

TEST(Terms, ARefusalNamesThePathAndWhatToDo) {
  EXPECT_EQ(refusal(R"({"limits":{"cost_per_day":"0"}})"),
            "limits.cost_per_day: must be dollars above 0 and up to 1000000000, such as \"12.50\"; leave it out for no limit");
  EXPECT_EQ(refusal(R"({"limits":{"requests_per_minute":0}})"),
            "limits.requests_per_minute: must be a whole number from 1 to 1000000000000; leave it out for no limit");
  EXPECT_EQ(refusal(R"({"limits":{"concurrent":-1}})"),
            "limits.concurrent: must be a whole number from 1 to 1000000; leave it out for no limit");
  EXPECT_EQ(refusal(R"({"limits":{"tokens_per_day":1e30}})"),
            "limits.tokens_per_day: must be a whole number from 1 to 1000000000000; leave it out for no limit");
  EXPECT_EQ(refusal(R"({"limits":{"request_per_minute":5}})"),
            "limits.request_per_minute: unknown key; the nearest known one is requests_per_minute");
  EXPECT_EQ(refusal(R"({"modells":["a"]})"), "modells: unknown key; the nearest known one is models");
  EXPECT_EQ(refusal(R"({"_note":"a"})"), "_note: unknown key; the nearest known one is trace");
  EXPECT_EQ(refusal(R"({"ip_allow":["10.0.0.0/8","10.0.0.1/8"]})"),
            "ip_allow[1]: \"10.0.0.1/8\" has bits beyond its prefix; the block that it lies in is 10.0.0.0/8");
  EXPECT_EQ(refusal(R"({"providers":["openai"]})"),
            "providers[0]: \"openai\" is no provider; it must be vertex, vertex-claude, anthropic or gemini");
  EXPECT_EQ(refusal(R"({"models":[]})"), "models: is empty; leave it out to allow every model");
  EXPECT_EQ(refusal(R"({"trace":true,"trace":true})"), "trace: is here for the second time; the first is on line 1");
  EXPECT_EQ(refusal("[]"), "terms: terms must be an object in braces, not an array");
  EXPECT_EQ(refusal(R"({"limits":null})"), "limits: must be an object, not null");
  EXPECT_EQ(refusal(R"({"markup":1.0000001})"),
            "markup: must be a factor from 0 to 1000 with at most six decimal places, such as \"1.25\"");
  EXPECT_EQ(refusal("{").substr(0, 6), "terms:");
}

TEST(Terms, HostileTextIsRefusedShortly) {
  const std::string ten_kb(10'000, 'x');
  for (const std::string& text :
       {ten_kb, R"({"models":[")" + ten_kb + R"("]})", R"({"ip_allow":[")" + ten_kb + R"("]})",
        R"({"providers":[")" + ten_kb + R"("]})", R"({"expires":")" + ten_kb + R"("})", R"({"markup":")" + ten_kb + R"("})",
        R"({"limits":{"cost_per_day":")" + ten_kb + R"("}})", R"({"limits":{"cost_per_day":)" + std::string(10'000, '9') + "}}",
        R"({")" + ten_kb + R"(":1})", std::string(kMaxTermsBytes + 1, ' '), std::string(10'000, '['),
        std::string("{\"models\":[\"a\\u0000b\"]}"), std::string("{\"models\":[\"\xff\"]}")}) {
    const std::string answer = refusal(text);
    EXPECT_NE(answer, "it was taken") << text.substr(0, 40);
    EXPECT_LT(answer.size(), 400U + (text.starts_with("{\"xxx") ? 10'000U : 0U)) << text.substr(0, 40);
  }
}

TEST(Terms, NothingOfTheEnvironmentIsReadOut) {
  EXPECT_NE(refusal(R"({"models":["${HOME}"]})"), "it was taken");
}

TEST(Cidr, HoldsItsOwnAddressesAndNoOthers) {
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.6"));
  EXPECT_TRUE(holds("192.0.2.6/31", "192.0.2.7"));
  EXPECT_TRUE(holds("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "2001:db8::1"));
  EXPECT_TRUE(holds("::/0", "203.0.113.9"));
  EXPECT_TRUE(holds("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(holds("2001:db8::/33", "2001:db8:8000::1"));
}

TEST(Cidr, WhatIsNoAddressIsNotAllowedWhenThereIsAList) {
  for (const char* text : {"", "nonsense", "10.0.0.1:80", "[::1]", "10.0.0", "10.0.0.0/8", "fe80::1%eth0"}) {
    EXPECT_FALSE(holds("0.0.0.0/0", text)) << text;
    EXPECT_FALSE(holds("::/0", text)) << text;
    EXPECT_TRUE(Terms().allows_address(text));
  }
  EXPECT_FALSE(holds("::/0", std::string_view("10.0.0.1\0", 9)));
}

TEST(Cidr, NonsenseIsRefused) {
  for (const char* text : {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8 ",
                           " 10.0.0.0/8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0/8", "256.0.0.0/8", "010.0.0.0/8", "::/129",
                           "::/99999999999999999999", "2001:db8::1/32", "10.0.0.1/8", "example.com", "*", "fe80::1%1/64"}) {
    EXPECT_FALSE(Cidr::parse(text).ok()) << text;
  }
}

TEST(Cidr, IsWrittenAsShortAsItCanBe) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.0.2.7", "::/0", "2001:db8::/32", "::1", "::ffff:0.0.0.0/95"}) {
    const auto block = Cidr::parse(text);
    if (!block.ok()) continue;  // the last has bits beyond its prefix
    EXPECT_EQ(block->text(), text);
  }
  EXPECT_EQ(Cidr::parse("192.0.2.7/32")->text(), "192.0.2.7");
  EXPECT_EQ(Cidr::parse("::ffff:10.0.0.0/104")->text(), "10.0.0.0/8");
}

TEST(Terms, OfAMapsClientAreThoseOfTheStore) {
  testing::Workspace workspace;
  workspace.write_key_files();
  const auto loaded = testing::load(workspace, R"({"clients": [{"client_token": "token-aaaa", "user": "alice", "providers": ["anthropic"],
    "models": ["claude-*"], "ip_allow": ["${NET}"], "expires": "2027-01-01", "shadow": true, "markup": 2, "trace": true,
    "limits": {"cost_per_day": 5}}]})", {}, {{"NET", "10.0.0.0/8"}});
  ASSERT_NE(loaded.map, nullptr);
  EXPECT_EQ(loaded.map->clients[0].user, "alice");
  EXPECT_EQ(render_terms(loaded.map->clients[0].terms),
            R"({"providers":["anthropic"],"models":["claude-*"],"ip_allow":["10.0.0.0/8"],"expires":"2027-01-01T00:00:00Z",)"
            R"("limits":{"cost_per_day":"5.00"},"shadow":true,"markup":"2.00","trace":true})");
}

}  // namespace
}  // namespace moongate
