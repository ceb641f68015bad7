// What a user of the gateway finds at the control port's address: a page that checks a token and shows how to set clients
// up, and two scripts that do it.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate {

// The addresses that instructions are filled in with.
struct SetupAddresses {
  std::string api_url;      // console.api_url; empty: the host that the browser came to, with this port
  std::string api_scheme = "http";
  int api_port = 8888;
  std::string control_url;  // oauth.public_url where it was set; empty: as the browser came
  std::string fallback_host = "localhost";
  int control_port = 8889;
};

class SetupPage {
 public:
  explicit SetupPage(SetupAddresses addresses) : addresses_(std::move(addresses)) {}

  // "/" for a browser, /setup/*, /client-setup.sh and /moongate-admin.sh.
  bool serves(const HttpRequest& request) const;
  HttpResponse handle(const HttpRequest& request) const;

 private:
  std::string filled_in(std::string_view text, const HttpRequest& request) const;
  SetupAddresses addresses_;
};

// "name", "name:port", "1.2.3.4:80" or "[::1]:80" and nothing else: what may stand in a page and in a shell script.
struct HostAndPort {
  std::string host;  // with its brackets
  int port = 0;      // 0: none was given
};
bool parse_host(std::string_view text, HostAndPort& out);

}  // namespace moongate
