#include "app/banner.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>

namespace moongate {
namespace {

// An address as a client on this machine would write it.
std::string reachable(const std::string& address) {
  std::string text = address;
  for (const std::string_view any : {"0.0.0.0:", "[::]:"}) {
    if (text.starts_with(any)) text = "localhost:" + text.substr(any.size());
  }
  return text;
}

std::string with_localhost(const std::string& address) {
  return "localhost:" + address.substr(address.rfind(':') + 1);
}

// A path for a line that is pasted into another terminal: absolute, and one word of the shell whatever it holds.
std::string shell_path(const std::string& path) {
  std::error_code failed;
  const std::string absolute = std::filesystem::absolute(path, failed).lexically_normal().string();
  const std::string& full = failed ? path : absolute;
  const auto plain = [](unsigned char each) { return std::isalnum(each) || std::string_view("/._-+@").find(static_cast<char>(each)) != std::string_view::npos; };
  if (std::all_of(full.begin(), full.end(), plain)) return full;
  std::string quoted = "'";
  for (const char each : full) quoted += each == '\'' ? std::string("'\\''") : std::string(1, each);
  return quoted + "'";
}

}  // namespace

std::string banner(const GatewayProcess& process) {
  const auto& addresses = process.addresses();
  const Settings& settings = process.settings();
  std::string out = "\nMoongate " MOONGATE_VERSION "\n\n";
  const auto line = [&out](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    out += "  ";
    out += name;
    out.append(std::max<std::size_t>(1, 14 - name.size()), ' ');
    out += value + "\n";
  };
  const std::string http = "http://" + reachable(addresses.http);
  const std::string control = "http://" + reachable(addresses.control);
  line("HTTP", addresses.http.empty() ? "" : http);
  line("HTTPS", addresses.https.empty() ? "" : "https://" + with_localhost(addresses.https));
  line("OAuth2, APIs", control);
  if (settings.console.enabled) line("Console", control + "/admin/");
  std::map<std::string_view, bool> live;  // by provider
  for (const auto& account : process.map().accounts) {
    bool& is_live = live.emplace(to_string(account->provider), false).first->second;
    is_live = is_live || !account->credential->simulated;
  }
  std::string providers;
  for (const Provider provider : {Provider::kAnthropic, Provider::kGemini, Provider::kVertex, Provider::kVertexClaude}) {
    const auto found = live.find(to_string(provider));
    if (!providers.empty()) providers += ", ";
    providers += std::string(to_string(provider)) + (found == live.end() ? " (no account)" : found->second ? " live" : " simulated");
  }
  line("Providers", providers);
  if (process.new_admin_token()) {
    line("Admin token", process.new_admin_token()->reveal() + "   (shown once; `moongate admin-token` makes a new one)");
  }
  if (process.map_was_made()) line("Map", settings.map.file + " (made just now, with one client)");

  const auto& clients = process.map().clients;
  const auto client = std::find_if(clients.begin(), clients.end(), [](const Client& each) { return each.enabled; });
  if (settings.simulator.mode != "auto" || client == clients.end() || addresses.http.empty()) return out + "\n";

  const std::string gemini_body = R"('{"contents":[{"parts":[{"text":"hi"}]}]}')";
  const auto claude_body = [](const char* extra) {
    return std::string(R"('{"model":"claude-sonnet-4-5","max_tokens":64,)") + extra +
           R"("messages":[{"role":"user","content":"hi"}]}')";
  };
  out += "\nTry it:\n\n  KEY='" + client->token.reveal() + "'\n";
  out += "  # Gemini\n  curl -s " + http + "/v1beta/models/gemini-2.5-flash:generateContent -H \"x-goog-api-key: $KEY\" -d " +
         gemini_body + "\n";
  out += "  # Claude, then Claude streamed\n  curl -s " + http + "/v1/messages -H \"x-api-key: $KEY\" -d " + claude_body("") + "\n";
  out += "  curl -sN " + http + "/v1/messages -H \"x-api-key: $KEY\" -d " + claude_body("\"stream\":true,") + "\n";
  if (settings.oauth.demo_client) {
    out += "  # A token from the mock Google OAuth2, and a call with it\n";
    out += "  TOKEN=$(curl -s " + control +
           "/accounts.google.com/oauth2/token -d 'grant_type=client_credentials&client_id=test&client_secret=test' | sed -n "
           "'s/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/p')\n";
    out += "  curl -s " + http + "/v1/models/gemini-pro:generateContent -H \"Authorization: Bearer $TOKEN\" -d " +
           gemini_body + "\n";
  }
  if (!addresses.https.empty()) {
    const std::string trust = settings.tls.certificate.empty() ? "--cacert " + shell_path(settings.data_dir + "/tls/server.crt") + " " : "";
    out += "  # The same over TLS\n  curl -s " + trust + "https://" + with_localhost(addresses.https) +
           "/v1/messages -H \"x-api-key: $KEY\" -d " + claude_body("") + "\n";
  }
  return out + "\nCtrl-C stops it.\n\n";
}

}  // namespace moongate
