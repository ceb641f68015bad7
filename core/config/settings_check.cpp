// What is wrong only because of what another setting says.
#include "config/host_text.h"
#include "config/setting_row.h"

namespace moongate {
namespace {

class Check {
 public:
  Check(const SettingOrigins& origins, std::vector<Problem>& problems) : origins_(origins), problems_(problems) {}

  // Blames `key`, or `other` when only that one was written by the operator.
  void fail(std::string_view key, std::string_view other, std::string message, bool warning = false) {
    const SettingOrigin at = origins_.of(origins_.written(key) || other.empty() ? key : other);
    problems_.push_back({at.file, at.line, at.column, at.path, std::move(message), warning});
  }

  void distinct(std::string_view key_a, const std::string& a, std::string_view key_b, const std::string& b) {
    if (a.empty() || b.empty()) return;
    const auto first = parse_listen_address(a), second = parse_listen_address(b);
    if (!first || !second || first->port == 0 || first->port != second->port) return;
    const bool all = first->host.empty() || second->host.empty() || first->host == "0.0.0.0" ||
                     second->host == "0.0.0.0" || first->host == "::" || second->host == "::";
    if (!all && first->host != second->host) return;
    fail(key_b, key_a, std::string(key_a) + " and " + std::string(key_b) + " are both on port " +
                           std::to_string(first->port) + "; give each its own");
  }

 private:
  const SettingOrigins& origins_;
  std::vector<Problem>& problems_;
};

void check_listeners(const Settings& s, Check& check) {
  if (s.listen.http.empty() && s.listen.https.empty()) {
    check.fail("listen.http", "listen.https", "listen.http and listen.https are both empty, so nothing would be served");
  }
  check.distinct("listen.http", s.listen.http, "listen.https", s.listen.https);
  check.distinct("listen.http", s.listen.http, "listen.control", s.listen.control);
  check.distinct("listen.https", s.listen.https, "listen.control", s.listen.control);
}

void check_tls(const Settings& s, Check& check) {
  if (s.tls.certificate.empty() == s.tls.key.empty()) return;
  const bool no_key = s.tls.key.empty();
  check.fail(no_key ? "tls.certificate" : "tls.key", "",
             std::string(no_key ? "tls.key" : "tls.certificate") +
                 " is missing: give both, or neither for a self-signed certificate");
}

void check_oauth(const Settings& s, Check& check) {
  const std::string domain = to_lower(s.oauth.universe_domain);
  if (domain == "googleapis.com" || domain.ends_with(".googleapis.com")) {
    check.fail("oauth.universe_domain", "",
               "googleapis.com is Google's own: clients would take their JWT there and not here; use a name of yours");
  }
  const auto control = parse_listen_address(s.listen.control);
  if (s.oauth.demo_client && control && !is_loopback(control->host)) {
    check.fail("oauth.demo_client", "listen.control",
               "the demo client (test/test) is reachable from outside this machine; set oauth.demo_client to false "
               "or listen.control to 127.0.0.1",
               true);
  }
}

void check_limits(const Settings& s, Check& check) {
  if (s.limits.held_body_bytes > s.limits.body_bytes) {
    check.fail("limits.held_body_bytes", "limits.body_bytes",
               "limits.held_body_bytes is above limits.body_bytes, which ends every body before it");
  }
  if (s.timeouts.total_ms != 0 && s.timeouts.total_ms < s.timeouts.connect_ms) {
    check.fail("timeouts.total_ms", "timeouts.connect_ms",
               "timeouts.total_ms is below timeouts.connect_ms, so a slow connection could never be used");
  }
}

}  // namespace

void cross_check_settings(const Settings& settings, const SettingOrigins& origins, std::vector<Problem>& problems) {
  Check check(origins, problems);
  check_listeners(settings, check);
  check_tls(settings, check);
  check_oauth(settings, check);
  check_limits(settings, check);
}

}  // namespace moongate
