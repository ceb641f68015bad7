// The control port of the process: who serves what there.
#include <algorithm>

#include "app/control_routes.h"
#include "app/gateway_process.h"
#include "crypto/secret_file.h"
#include "net/address.h"
#include "net/local_socket.h"

namespace moongate {

// What instructions for clients are filled in with: the plain port, or the other where that is not served.
SetupAddresses GatewayProcess::setup_addresses() const {
  SetupAddresses addresses;
  addresses.api_url = settings_.console.api_url;
  const bool plain = !addresses_.http.empty();
  addresses.api_scheme = plain ? "http" : "https";
  if (const auto bound = parse_address(plain ? addresses_.http : addresses_.https)) addresses.api_port = bound->port();
  if (const auto bound = parse_address(addresses_.control)) addresses.control_port = bound->port();
  if (settings_.oauth.public_url != Settings().oauth.public_url) addresses.control_url = settings_.oauth.public_url;
  return addresses;
}

// The services of the control port, in the order in which they are asked.
void GatewayProcess::make_control_plane() {
  plane_ = std::make_unique<ControlPlane>();
  setup_ = std::make_unique<SetupPage>(setup_addresses());
  plane_->add(service_of(*setup_));
  if (conversations_) plane_->add(service_of(conversations_->service()));
  plane_->add(service_of(state_->admin()));
  start_live();
  if (settings_.console.enabled) {
    console_ = std::make_unique<ConsoleFiles>(built_console(), random_);
    plane_->add(service_of(*console_));
  }
  plane_->add(service_of(state_->people()));
  oauth_->set_admission([this](const HttpRequest& request) { return state_->people().admit(request); });
  plane_->set_last([this](const HttpRequest& request) { return oauth_->handle(request); });
}

bool GatewayProcess::is_client_of_map(std::string_view name) const {
  const auto now = snapshot();
  return std::any_of(now->map->clients.begin(), now->map->clients.end(), [&](const Client& each) { return each.id == name; });
}

// Before the workers run: they have to know whom they hand conversations to.
Status GatewayProcess::open_conversations() {
  if (!settings_.chat.enabled) return {};
  std::vector<Worker*> workers;
  for (const WorkerPart& part : workers_) workers.push_back(part.worker.get());
  auto made = Conversations::start({*store_, *caches_, clock_, random_, *logger_, settings_, std::move(workers),
                                    [this](const HttpRequest& request) { return state_->people().admit(request); },
                                    [this] { state_->directory_changed(); },
                                    {[this](std::string_view name) { return is_client_of_map(name); }}},
                                   *inner_tokens_);
  if (!made) return made.error();
  conversations_ = std::move(*made);
  gateway_->local = conversations_.get();
  return {};
}

Status GatewayProcess::open_control() {
  auto address = parse_address(settings_.listen.control);
  if (!address) return address.error();
  auto fd = listen_on(*address, 512, false, "listen.control");
  if (!fd) return fd.error();
  addresses_.control = local_address(*fd).text();
  make_control_plane();
  auto routes = std::make_shared<ControlRoutes>(
      ControlRoutes::Parts{*gateway_, [this] { return detail(); }, [this] { return samples(); },
                           [this](const HttpRequest& request) { return plane_->handle(request); }});
  const PeopleService& people = state_->people();
  ControlServer::Options options;
  options.listener = *fd;
  options.max_body_bytes = 6u << 20;  // a whole map or policy as JSON
  const std::string socket = path_in_data("run/admin.sock");
  if (Status made = create_private_directory(path_in_data("run")); !made) return made;
  auto local = listen_local(socket);
  if (!local) return local.error();
  options.local_listener = *local;
  auto server = ControlServer::start(
      options,
      [routes, &people](const HttpRequest& request) {
        if (auto preflight = people.preflight(request)) return std::move(*preflight);
        HttpResponse response = routes->handle(request);
        people.dress(request, response);
        return response;
      },
      *logger_);
  if (!server) return server.error();
  control_ = std::move(*server);
  return {};
}

}  // namespace moongate
