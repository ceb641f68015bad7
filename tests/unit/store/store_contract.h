// What every store must do, as one suite that each of them runs.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace moongate {

struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<Store>()> open;  // a new, empty store
};

class StoreContract : public testing::TestWithParam<StoreUnderTest> {
 protected:
  std::unique_ptr<Store> store = GetParam().open();
};

inline VirtualAccountRecord account_record(const std::string& id) {
  VirtualAccountRecord record;
  record.id = id;
  record.email = "robot-" + id + "@alias.iam.gserviceaccount.com";
  record.name = "robot-" + id;
  record.project = "alias";
  record.key_id = "key-" + id;
  record.public_key_pem = "-----BEGIN PUBLIC KEY-----\n…\n";
  record.certificate_pem = "-----BEGIN CERTIFICATE-----\n…\n";
  record.providers = {"vertex", "anthropic"};
  record.models = {"gemini-*", "claude-sonnet-4-5", "z", "a"};
  record.created_at_s = 1000;
  return record;
}

inline OAuthClientRecord client_record(const std::string& id) {
  OAuthClientRecord record;
  record.id = id;
  record.name = "A client; with 'quotes' and ünïcode";
  record.secret_sha256 = std::string(64, 'a');
  record.redirect_uris = {"http://localhost:3000/callback", "com.example.app:/cb"};
  record.created_at_s = 1000;
  return record;
}

inline RefreshTokenRecord refresh_record(const std::string& sha256, const std::string& family) {
  RefreshTokenRecord record;
  record.token_sha256 = sha256;
  record.family = family;
  record.client_id = "client";
  record.account_id = "1";
  record.scope = "openid email";
  record.created_at_s = 1000;
  record.expires_at_s = 2000;
  return record;
}

inline UserRecord user_record(const std::string& name) {
  UserRecord record;
  record.id = "u-" + name;
  record.name = name;
  record.email = name + "@example.com";
  record.password_hash = "$argon2id$…";
  record.terms = R"({"limits":{"cost_per_day":"12.50"}})";
  record.created_at_s = 1000;
  return record;
}

inline ClientRecord caller_record(const std::string& name, const std::string& user_id) {
  ClientRecord record;
  record.id = "c-" + name;
  record.name = name;
  record.user_id = user_id;
  record.terms = R"({"models":["claude-*"]})";
  record.created_at_s = 1000;
  return record;
}

inline ApiKeyRecord key_record(const std::string& name, const std::string& client_id) {
  ApiKeyRecord record;
  record.id = "k-" + name;
  record.sha256 = "sha256-of-" + name;
  record.prefix = "mg-" + name.substr(0, 4);
  record.name = name;
  record.client_id = client_id;
  record.terms = "{}";
  record.created_at_s = 1000;
  record.expires_at_s = 9000;
  return record;
}

inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;

// A request that cost 30 nano-dollars and is billed 60.
inline LedgerRecord ledger_record(const std::string& id, std::int64_t ended_at_ms = 1'700'000'000'000) {
  LedgerRecord record;
  record.request_id = id;
  record.ended_at_ms = ended_at_ms;
  record.gateway = "gateway-1";
  record.client = "builder";
  record.key_id = "k-builder";
  record.user_id = "u-ada";
  record.provider = "anthropic";
  record.account = "main";
  record.location = "us-east5";
  record.model = "claude-sonnet-4-5";
  record.upstream_model = "claude-sonnet-4-5-20250929";
  record.operation = "messages";
  record.outcome = "done";
  record.status = 200;
  record.stream = true;
  record.service_tier = "standard";
  record.inference_geo = "us";
  record.speed = "fast";
  record.input_tokens = 1;
  record.cache_write_5m_tokens = 2;
  record.cache_write_1h_tokens = 3;
  record.cache_read_tokens = 4;
  record.output_tokens = 5;
  record.thought_tokens = 6;
  record.tool_prompt_tokens = 7;
  record.audio_input_tokens = 8;
  record.audio_output_tokens = 9;
  record.web_searches = 10;
  record.images = 11;
  record.video_ms = 12;
  record.raw_usage = R"({"input_tokens":1,"note":"ü"})";
  record.priced = true;
  record.cost_nano = 30;
  record.billed_nano = 60;
  record.markup_ppm = 2'000'000;
  record.price_id = "anthropic/claude-sonnet-4-5";
  record.duration_ms = 1500;
  record.first_byte_ms = 200;
  record.bytes_in = 2048;
  record.bytes_out = 4096;
  return record;
}

inline MovementRecord movement_record(const std::string& id, std::int64_t amount_nano) {
  MovementRecord record;
  record.id = id;
  record.user_id = "u-ada";
  record.kind = amount_nano > 0 ? "top-up" : "correction";
  record.amount_nano = amount_nano;
  record.created_at_s = 2000;
  record.actor = "admin";
  record.note = "by bank";
  return record;
}

}  // namespace moongate
