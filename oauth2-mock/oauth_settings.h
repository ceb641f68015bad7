// What the operator can say about the mock OAuth2, as plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moongate {

struct OAuthSettings {
  std::string public_url = "http://localhost:8889";  // how clients reach us; goes into key files
  // Goes into key files. Anything but googleapis.com makes Node's library sign its own Bearers.
  std::string universe_domain = "moongate.internal";
  int access_token_s = 3599;
  int clock_skew_s = 300;
  bool rotate_refresh_tokens = false;
  int signing_key_days = 30;  // 0: the first key stays
  bool demo_client = false;   // client_id=test client_secret=test
  // Addresses beside loopback that may use the metadata face.
  std::vector<std::string> metadata_addresses;
  // What `providers` of a virtual account may name.
  std::vector<std::string> providers = {"vertex", "vertex-claude", "anthropic", "gemini"};

  // public_url without a trailing slash, and `path` after it.
  std::string url(std::string_view path) const;
};

// Google's libraries accept id tokens of this issuer only.
inline constexpr std::string_view kIssuer = "https://accounts.google.com";
inline constexpr std::string_view kCloudPlatform = "https://www.googleapis.com/auth/cloud-platform";

}  // namespace moongate
