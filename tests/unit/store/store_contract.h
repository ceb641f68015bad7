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

}  // namespace moongate
