#include "simulator_fixture.h"

#include "crypto/jwt.h"
#include "http/message.h"

namespace moongate::sim {

namespace json = boost::json;

const std::string& test_key_pem() {
  static const std::string pem = RsaPrivateKey::generate()->pem().reveal();
  return pem;
}

json::value parsed(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  EXPECT_FALSE(error) << text;
  return value;
}

std::string claude_text(std::string_view sse_body) {
  std::string text;
  for (const std::string& data : sse_data(sse_body)) {
    const json::value event = parsed(data);
    if (event.at("type") == "content_block_delta" && event.at("delta").at("type") == "text_delta") {
      text += event.at("delta").at("text").as_string();
    }
  }
  return text;
}

SimulatorTest::SimulatorTest() {
  Simulator::Options options;
  options.clock = &clock;
  options.service_account_key_pem = test_key_pem();
  auto started = Simulator::start(options);
  EXPECT_TRUE(started.ok());
  simulator = std::move(*started);
}

Response SimulatorTest::exchange(std::string_view method, std::string_view target, const HeaderList& headers,
                                 std::string_view body) {
  TestClient client(simulator->address());
  client.request(method, target, headers, body);
  return client.receive(method);
}

std::string SimulatorTest::messages_body(const std::string& text, bool stream) {
  json::array messages;
  messages.push_back({{"role", "user"}, {"content", text}});
  json::object body{{"model", "claude-sonnet-4-5"}, {"max_tokens", 1024}, {"messages", std::move(messages)}};
  if (stream) body["stream"] = true;
  return json::serialize(body);
}

HeaderList SimulatorTest::anthropic_headers(const std::string& faults) {
  HeaderList headers{{"x-api-key", "sim-key"}, {"anthropic-version", "2023-06-01"}};
  if (!faults.empty()) headers.emplace_back("x-simulator", faults);
  return headers;
}

Response SimulatorTest::claude(const std::string& text, const std::string& faults, bool stream,
                               HeaderList more_headers) {
  HeaderList headers = anthropic_headers(faults);
  for (auto& header : more_headers) headers.push_back(std::move(header));
  return exchange("POST", "/v1/messages", headers, messages_body(text, stream));
}

Response SimulatorTest::gemini(const std::string& text, const std::string& verb, const std::string& faults) {
  HeaderList headers{{"x-goog-api-key", "sim-key"}};
  if (!faults.empty()) headers.emplace_back("x-simulator", faults);
  json::array parts;
  parts.push_back({{"text", text}});
  json::array contents;
  contents.push_back({{"role", "user"}, {"parts", std::move(parts)}});
  return exchange("POST", "/v1beta/models/gemini-2.5-pro:" + verb, headers,
                  json::serialize(json::object{{"contents", std::move(contents)}}));
}

std::string SimulatorTest::assertion(json::object claims) const {
  json::object all{{"iss", "simulator@simulated-project.iam.gserviceaccount.com"},
                   {"aud", simulator->url() + "/token"},
                   {"scope", "https://www.googleapis.com/auth/cloud-platform"},
                   {"iat", clock.unix_seconds()},
                   {"exp", clock.unix_seconds() + 3600}};
  for (auto& [name, value] : claims) all[name] = value;
  const auto key = RsaPrivateKey::from_pem(test_key_pem());
  return sign_rs256_jwt(*key, "simulator", json::serialize(all));
}

Response SimulatorTest::token_request(const std::string& form) {
  return exchange("POST", "/token", {{"content-type", "application/x-www-form-urlencoded"}}, form);
}

std::string SimulatorTest::access_token() {
  const Response response =
      token_request("grant_type=" + url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                    "&assertion=" + assertion());
  EXPECT_EQ(response.status, 200) << response.body;
  return std::string(parsed(response.body).at("access_token").as_string());
}

Response SimulatorTest::control(std::string_view method, const std::string& what, std::string_view body) {
  return exchange(method, "/__simulator/" + what, {}, body);
}

json::array SimulatorTest::log() {
  const Response response = control("GET", "log");
  json::array out;
  std::string_view text = response.body;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.push_back(parsed(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return out;
}

json::object SimulatorTest::last_logged() {
  for (int i = 0; i < 10'000; ++i) {
    json::array lines = log();
    if (!lines.empty() && lines.back().at("finished").as_bool()) return lines.back().as_object();
  }
  ADD_FAILURE() << "no request was finished";
  return {};
}

void SimulatorTest::pass_ms(std::int64_t ms) {
  clock.advance_ms(ms);
  control("GET", "stats");
}

}  // namespace moongate::sim
