// How the command line reaches the admin API: over the network, over the local socket of a gateway on this machine, or,
// when none runs, over its store. The same requests to the same handlers each time.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "config/settings.h"
#include "http/message.h"

namespace moongate {

// Where to, as the command line says it.
struct AdminAccess {
  std::string url;          // --url or MOONGATE_URL: "http://host:8889"
  Secret token;             // --token or MOONGATE_ADMIN_TOKEN
  std::string ca_file;      // --ca-file: for https
  SettingsSources sources;  // for the other two ways
};

class AdminLink {
 public:
  virtual ~AdminLink() = default;
  // `request`: method, path, query and body. An answer of any status is a success here; the error says what to do.
  virtual Result<HttpResponse> send(HttpRequest request) = 0;
  // "the gateway at http://…", "the store …", for messages.
  virtual std::string peer() const = 0;
};

// Error: wrong settings, no token for a URL, a store that cannot be opened.
Result<std::unique_ptr<AdminLink>> open_admin_link(const AdminAccess& access);

// The parts, for open_admin_link.
Result<std::unique_ptr<AdminLink>> open_url_link(const AdminAccess& access);
// kNotFound: no gateway serves that data_dir.
Result<std::unique_ptr<AdminLink>> open_socket_link(const std::string& path);
Result<std::unique_ptr<AdminLink>> open_store_link(const Settings& settings);

}  // namespace moongate
