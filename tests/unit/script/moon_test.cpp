// The moon.* functions, each by what it gives a policy.
#include "crypto/jwt.h"
#include "policy_run.h"

namespace moongate {
namespace {

class Moon : public PolicyRun {
 protected:
  // The same answer from services that answer at once and from those that have to be asked.
  void expect_both_ways(const std::string& expected, const std::string& body) {
    for (bool far : {false, true}) {
      bench.must_ask = far;
      EXPECT_EQ(expected, value_of(body)) << body << (far ? " (asked)" : " (at once)");
    }
    bench.must_ask = false;
  }
};

TEST_F(Moon, CacheKeepsTextsForATime) {
  for (bool far : {false, true}) {
    bench.clear();
    bench.must_ask = far;
    EXPECT_EQ("nil", value_of("return moon.cache.get('k')"));
    EXPECT_EQ("true", value_of("return moon.cache.set('k', 'v', 10)"));
    EXPECT_EQ("v", value_of("return moon.cache.get('k')"));
    EXPECT_EQ("false exists",
              value_of("local ok, why = moon.cache.add('k', 'w') return tostring(ok) .. ' ' .. why"));
    EXPECT_EQ("true", value_of("return moon.cache.delete('k')"));
    EXPECT_EQ("true", value_of("return moon.cache.add('k', 'w', 10)"));
    EXPECT_EQ("5", value_of("return moon.cache.incr('n', 5)"));
    EXPECT_EQ("4", value_of("return moon.cache.incr('n', -1)"));
    EXPECT_EQ("4", value_of("return moon.cache.get('n')"));
    EXPECT_EQ("nil", value_of("return (moon.cache.incr('k', 1))"));
    bench.manual_clock.advance_ms(11'000);
    bench.reactor.turn(0);
    EXPECT_EQ("nil", value_of("return moon.cache.get('k')"));
  }
}

TEST_F(Moon, CacheKeysOfPoliciesStandApart) {
  value_of("return moon.cache.set('k', 'v')");
  std::optional<std::string> found;
  EXPECT_TRUE(bench.cache().try_get("lua:k", found));
  EXPECT_EQ("v", found);
}

TEST_F(Moon, SharedDictionariesAnswerAsNgxSharedDict) {
  EXPECT_EQ("true nil false", value_of("local d = moon.shared('d') local a, b, c = d:set('k', 1.5, 10) "
                                       "return tostring(a) .. ' ' .. tostring(b) .. ' ' .. tostring(c)"));
  EXPECT_EQ("1.5", value_of("return moon.shared('d'):get('k')"));
  EXPECT_EQ("nil", value_of("return moon.shared('other'):get('k')"));
  EXPECT_EQ("3.5", value_of("return moon.shared('d'):incr('k', 2)"));
  EXPECT_EQ("not found", value_of("return select(2, moon.shared('d'):incr('none', 1))"));
  EXPECT_EQ("11", value_of("return moon.shared('d'):incr('new', 1, 10)"));
  EXPECT_EQ("exists", value_of("return select(2, moon.shared('d'):add('k', 'x'))"));
  EXPECT_EQ("boolean", value_of("local d = moon.shared('d') d:set('b', true) return type(d:get('b'))"));
  EXPECT_EQ("nil", value_of("local d = moon.shared('d') d:delete('b') return d:get('b')"));
  EXPECT_EQ("10", value_of("return moon.shared('d'):ttl('k')"));
}

TEST_F(Moon, HttpAsksAndWaits) {
  bench.on_fetch = [](const FetchRequest& request) -> Result<FetchResponse> {
    return FetchResponse{201,
                         {{"X-Seen", request.method + " " + request.endpoint.authority() + request.target}},
                         request.body};
  };
  EXPECT_EQ("201 POST auth.test:81/check?a=1 {\"a\":1}",
            value_of("local r = moon.http.request{url = 'http://auth.test:81/check?a=1', method = 'POST', "
                     "body = {a = 1}, "
                     "headers = {['x-n'] = 7}, timeout_ms = 500} return r.status .. ' ' .. "
                     "r.headers['x-seen'] .. ' ' .. r.body"));
  EXPECT_EQ(500, bench.fetches.back().timeout_ms);
  bench.on_fetch = nullptr;
  EXPECT_EQ("nil connection refused", value_of("local r, why = moon.http.request{url = 'http://auth.test/'} "
                                               "return tostring(r) .. ' ' .. why"));
  for (const char* bad :
       {"{}", "{url = 'ftp://x/'}", "{url = 'http://x/', colour = 1}", "{url = 'http://x/', timeout_ms = -1}",
        "{url = 'http://x/', headers = {['a b'] = 'c'}}",
        "{url = 'http://x/', headers = {a = 'b\\r\\nc: d'}}",
        "{url = 'http://x/', method = 'GET / HTTP/1.1'}"}) {
    EXPECT_EQ("false", value_of(std::string("return (pcall(moon.http.request, ") + bad + "))")) << bad;
  }
}

TEST_F(Moon, JsonGoesRound) {
  for (const char* text :
       {"{}", "[]", "[[]]", "{\"a\":[]}", "null", "[null,true,false]", "\"\\u00e9\\n\\\"\"", "-0.5", "1e+300",
        "9007199254740991", "{\"a\":{\"b\":[1,2,{\"c\":\"d\"}]}}", "123456.789", "\"\xf0\x9f\x98\x80\""}) {
    const std::string back =
        value_of(std::string("return moon.json.encode((moon.json.decode([==[") + text + "]==])))");
    EXPECT_EQ(std::string(text) == "\"\\u00e9\\n\\\"\"" ? "\"\xc3\xa9\\n\\\"\"" : text, back);
  }
  EXPECT_EQ("{\"a\":1,\"b\":2,\"c\":3}", value_of("return moon.json.encode({c = 3, a = 1, b = 2})"));
  EXPECT_EQ("[]", value_of("return moon.json.encode(moon.json.array())"));
  EXPECT_EQ("[]{}", value_of("return moon.json.encode(moon.json.array({})) .. moon.json.encode({})"));
  EXPECT_EQ("true", value_of("return moon.json.decode('null') == moon.json.null"));
  EXPECT_EQ("{\"1\":true,\"x\":1}", value_of("return moon.json.encode({true, x = 1})"));
}

TEST_F(Moon, JsonRefusesWhatIsNone) {
  for (const char* text : {"",        " ",          "{",       "[1,]",
                           "{\"a\"}", "{\"a\":1,}", "{'a':1}", "01",
                           "1.",      ".5",         "+1",      "1e",
                           "nul",     "truex",      "\"\\x\"", "\"\\ud800\"",
                           "\"a",     "[1] 2",      "1e999",   "{\"a\":1 \"b\":2}",
                           "NaN",     "[1 2]"}) {
    EXPECT_EQ("nil", value_of(std::string("return (moon.json.decode([==[") + text + "]==]))")) << text;
  }
  EXPECT_NE(value_of("return select(2, moon.json.decode('[1,}'))").find("byte 4"), std::string::npos);
  EXPECT_NE(value_of("return select(2, moon.json.decode(('['):rep(1000)))").find("nested too deep"),
            std::string::npos);
  for (const char* value : {"{print}", "{[{}] = 1}", "{1, 2, nil, 4}", "0/0", "1/0", "request",
                            "(function() local t = {} t.t = t return t end)()"}) {
    EXPECT_EQ("false", value_of(std::string("return (pcall(moon.json.encode, ") + value + "))")) << value;
  }
}

TEST_F(Moon, JwtsAreSignedAndVerified) {
  EXPECT_EQ("one", value_of("local t = moon.jwt.sign('secret', {sub = 'one', exp = moon.time.now() + 60}) "
                            "return moon.jwt.verify('secret', t).sub"));
  EXPECT_NE(value_of("local t = moon.jwt.sign('secret', {exp = moon.time.now() + 60}) return select(2, "
                     "moon.jwt.verify('other', t))")
                .find("signature"),
            std::string::npos);
  EXPECT_NE(value_of("local t = moon.jwt.sign('s', {exp = moon.time.now() - 60}) return select(2, "
                     "moon.jwt.verify('s', t))")
                .find("exp"),
            std::string::npos);
  EXPECT_NE(value_of("local t = moon.jwt.sign('s', {aud = 'a', exp = moon.time.now() + 60}) "
                     "return select(2, moon.jwt.verify('s', t, {audience = 'b'}))")
                .find("aud"),
            std::string::npos);
  EXPECT_EQ("nil", value_of("return (moon.jwt.verify('s', 'a.b.c'))"));
}

TEST_F(Moon, AnHmacMadeWithAPublicKeyIsWorthNothing) {
  auto key = RsaPrivateKey::generate();
  ASSERT_TRUE(key.ok());
  const std::string pem = key->public_key().pem();
  // What an attacker makes who knows the public key.
  const std::string forged = sign_hs256_jwt(pem, "", R"({"sub":"x","exp":1867225600})");
  EXPECT_NE(
      value_of("return select(2, moon.jwt.verify([[" + pem + "]], '" + forged + "'))").find("signature"),
      std::string::npos);
  EXPECT_EQ("x", value_of("local t = moon.jwt.sign([[" + key->pem().reveal() +
                          "]], {sub = 'x', exp = moon.time.now() + 60}, "
                          "{key_id = 'k'}) return moon.jwt.verify([[" +
                          pem + "]], t).sub"));
}

TEST_F(Moon, CryptoKnowsTheUsual) {
  EXPECT_EQ("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            value_of("return moon.crypto.sha256('abc')"));
  EXPECT_EQ("true",
            value_of("return moon.crypto.hex(moon.crypto.sha256_bin('abc')) == moon.crypto.sha256('abc')"));
  EXPECT_EQ("f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
            value_of("return moon.crypto.hex(moon.crypto.hmac_sha256('key', 'The quick brown fox jumps over "
                     "the lazy dog'))"));
  EXPECT_EQ(
      "aGk/ aGk_ hi?",
      value_of("local c = moon.crypto return c.encode_base64('hi?') .. ' ' .. c.encode_base64url('hi?') "
               ".. ' ' .. c.decode_base64url('aGk_')"));
  EXPECT_EQ("nil", value_of("return moon.crypto.decode_base64('!')"));
  EXPECT_EQ(
      "36 16 20",
      value_of("local c = moon.crypto return #c.uuid() .. ' ' .. #c.random(16) .. ' ' .. #c.token(20)"));
  EXPECT_EQ(
      "true false",
      value_of("local e = moon.crypto.equal return tostring(e('a', 'a')) .. ' ' .. tostring(e('a', 'b'))"));
}

TEST_F(Moon, ClientsAreFoundByTheirCredential) {
  expect_both_ways(
      "one true any",
      "local i = moon.clients.find('key') return i:client() .. ' ' .. tostring(i:allows_model('m')) "
      ".. ' ' .. i:service_type()");
  expect_both_ways("nil", "return (moon.clients.find('none'))");
  expect_both_ways("true", "return moon.clients.find('key') == moon.clients.find('key')");
}

TEST_F(Moon, AccountsAreListedAndPicked) {
  bench.set_accounts({{.name = "a.json", .models = {"claude-*"}},
                      {.name = "g.json",
                       .provider = Provider::kVertex,
                       .kind = CredentialKind::kGoogleServiceAccount,
                       .project = "p"},
                      {.name = "g.json",
                       .provider = Provider::kVertexClaude,
                       .kind = CredentialKind::kGoogleServiceAccount}});
  EXPECT_EQ("3 1", value_of("return #moon.accounts.list() .. ' ' .. #moon.accounts.list('vertex')"));
  EXPECT_EQ("vertex google_service_account p",
            value_of("local a = moon.accounts.get('g.json', 'vertex') "
                     "return a:provider() .. ' ' .. a:kind() .. ' ' .. a:project()"));
  EXPECT_EQ("nil", value_of("return moon.accounts.get('none')"));
  EXPECT_EQ("true false",
            value_of("local a = moon.accounts.get('a.json') return tostring(a:serves('claude-x')) .. ' ' .. "
                     "tostring(a:serves('gpt'))"));
  EXPECT_EQ("a.json vertex-claude",
            value_of("local a, b = moon.accounts.pick(request, moon.clients.find('key'), 'anthropic', "
                     "'vertex-claude') return a:name() .. ' ' .. b:provider()"));
  EXPECT_EQ("unsupported",
            value_of("return select(2, moon.accounts.pick(request, moon.clients.find('key'), 'gemini'))"));
}

TEST_F(Moon, ATokenIsMintedOnceAndThenAtHand) {
  bench.set_accounts(
      {{.name = "g.json", .provider = Provider::kVertex, .kind = CredentialKind::kGoogleServiceAccount}});
  EXPECT_EQ("Bearer token-of-g.json",
            value_of("return moon.accounts.token(moon.accounts.get('g.json')):reveal()"));
  EXPECT_EQ(
      "true",
      value_of(
          "local a = moon.accounts.get('g.json') return moon.accounts.token(a) == moon.accounts.token(a)"));
  EXPECT_EQ(1, bench.minted);
}

TEST_F(Moon, MetricsCount) {
  value_of(
      "local c = moon.metrics.counter('tries_total', 'Tries.', {'who', 'why'}) c:inc(2, {'a', 'b'}) c:inc(1, "
      "'a', 'b') c:inc(1, 'x', 'y')");
  value_of("local g = moon.metrics.gauge('open', 'Open.') g:set(5) g:inc(2) g:dec(1)");
  value_of("moon.metrics.histogram('took', 'Took.', {'who'}, {1, 2}):observe(1.5, 'a')");
  EXPECT_EQ(3, bench.metrics["tries_total{a,b}"]);
  EXPECT_EQ(1, bench.metrics["tries_total{x,y}"]);
  EXPECT_EQ(6, bench.metrics["open"]);
  EXPECT_EQ(1.5, bench.metrics["took{a}"]);
  EXPECT_EQ("false",
            value_of("return (pcall(function() moon.metrics.counter('tries_total', 'x', {'other'}) end))"));
  EXPECT_EQ("false", value_of("local c = moon.metrics.counter('c', 'x') return (pcall(c.set, c, 1))"));
  EXPECT_EQ("false", value_of("local c = moon.metrics.counter('c', 'x') return (pcall(c.inc, c, -1))"));
  EXPECT_EQ("false", value_of("local c = moon.metrics.counter('d', 'x', {'l'}) return (pcall(c.inc, c, 1))"));
}

TEST_F(Moon, LogsFieldsByTheirType) {
  value_of(
      "moon.log.warn('look', {text = 'a\"b', number = 7, part = 1.5, yes = true, t = {}}) print('said', 1, "
      "nil, true)");
  const std::string log = bench.log_text();
  for (const char* part :
       {"\"level\":\"warn\"", "\"message\":\"look\"", "\"text\":\"a\\\"b\"", "\"number\":7",
        "\"part\":\"1.5\"", "\"yes\":\"true\"", "\"t\":\"table\"", "said\\t1\\tnil\\ttrue"}) {
    EXPECT_NE(log.find(part), std::string::npos) << part << "\n" << log;
  }
}

TEST_F(Moon, TimeIsTheClocks) {
  EXPECT_EQ("1767225600", value_of("return moon.time.now()"));
  EXPECT_EQ("2026-01-01T00:00:00.000Z", value_of("return moon.time.utc()"));
  EXPECT_EQ("0.25",
            value_of("local a = moon.time.monotonic() moon.sleep(0.25) return moon.time.monotonic() - a"));
  EXPECT_EQ("false", value_of("return (pcall(moon.sleep, -1))"));
}

TEST_F(Moon, SettingsAndMapAreReadOnlyViews) {
  EXPECT_EQ(
      "lua 50 false",
      value_of(
          "local c = moon.config return c.get('policy.dir') .. ' ' .. c.get('policy.hook_budget_ms') .. ' ' "
          ".. tostring(c.get('policy.ffi'))"));
  EXPECT_EQ("false", value_of("return (pcall(moon.config.get, 'policy.dri'))"));
  EXPECT_EQ("50", value_of("return moon.config.all()['policy.hook_budget_ms']"));
  bench.set_map_text(R"({"clients": [{"client_token": "***"}]})");
  EXPECT_EQ("***", value_of("return moon.map.get().clients[1].client_token"));
  EXPECT_EQ("number", value_of("return type(moon.map.generation())"));
  EXPECT_EQ("false", value_of("return (pcall(function() moon.cache = nil end))"));
  EXPECT_EQ("false", value_of("return (pcall(function() moon.cache.get = nil end))"));
}

TEST_F(Moon, LimitsAreTakenByName) {
  for (bool far : {false, true}) {
    bench.clear();
    bench.must_ask = far;
    EXPECT_EQ("true 1", value_of("local ok, left = moon.limits.take('n', {rate = 2, per = 60}) return tostring(ok) .. ' ' .. left"));
    EXPECT_EQ("true 0", value_of("local ok, left = moon.limits.take('n', {rate = 2, per = 60}) return tostring(ok) .. ' ' .. left"));
    EXPECT_EQ("false 30", value_of("local ok, _, s = moon.limits.take('n', {rate = 2, per = 60}) return tostring(ok) .. ' ' .. s"));
    EXPECT_EQ("false", value_of("return tostring((moon.limits.peek('n', {rate = 2, per = 60})))"));
    EXPECT_EQ("true", value_of("return tostring((moon.limits.take('other', {rate = 2, per = 60})))"));
    bench.manual_clock.advance_ms(30'000);
    EXPECT_EQ("true", value_of("return tostring((moon.limits.peek('n', {rate = 2, per = 60})))"));
    EXPECT_EQ("true", value_of("return tostring((moon.limits.take('n', {rate = 2, per = 60})))"));
    EXPECT_EQ("false", value_of("return tostring((moon.limits.take('n', {rate = 2, per = 60})))"));
  }
}

TEST_F(Moon, LimitsThatAreNoneAreToldApart) {
  for (const char* bad : {"'n', 5", "'', {rate = 1}", "'n', {rate = 0}", "'n', {rate = 1.5}", "'n', {rate = 1, per = 0}",
                          "'n', {rate = 1, per = 90000}", "'n', {rate = 1, brust = 2}", "'n', {rate = 1}, -1",
                          "('n'):rep(501), {rate = 1}"}) {
    EXPECT_EQ("false", value_of(std::string("return (pcall(moon.limits.take, ") + bad + "))")) << bad;
  }
}

}  // namespace
}  // namespace moongate
