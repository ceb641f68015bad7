// The admin API in this process, over the store of a gateway that does not run.
#include <cstdlib>

#include "app/admin_link.h"
#include "config/stored_account.h"
#include "control/admin_service.h"
#include "control/price_table.h"
#include "crypto/master_key.h"
#include "crypto/rsa_key.h"
#include "store/store.h"

namespace moongate {
namespace {

class StoreLink : public AdminLink {
 public:
  static Result<std::unique_ptr<AdminLink>> open(const Settings& settings) {
    std::unique_ptr<StoreLink> link(new StoreLink(settings));
    const char* given = std::getenv("MOONGATE_MASTER_KEY");
    auto key = load_master_key(settings.data_dir, given == nullptr ? "" : given);
    if (!key) return key.error();
    auto sink = open_line_sink("off");
    if (!sink) return sink.error();
    link->sink_ = std::move(*sink);
    link->log_ = std::make_unique<Logger>(*link->sink_, link->clock_, LogLevel::kError);
    auto store = open_store(settings.store.url, settings.data_dir, link->clock_.unix_seconds(),
                            {settings.store.auto_migrate, 1, settings.store.ca_file});
    if (!store) return store.error();
    link->store_ = std::move(*store);
    auto prices = read_price_table(settings, *link->store_);
    if (!prices) return prices.error();
    AdminHooks hooks;
    hooks.prices = price_hooks([book = prices->book] { return book; });
    MapHooks map_hooks;
    map_hooks.check_private_key = [](std::string_view pem) -> Status {
      auto private_key = RsaPrivateKey::from_pem(pem);
      if (!private_key) return private_key.error();
      return {};
    };
    link->service_ = std::make_unique<AdminService>(
        *link->store_, link->clock_, link->random_, *link->log_,
        AdminOptions{settings, map_hooks, SealedBox::derive(key->reveal(), kUpstreamCredentialPurpose)}, std::move(hooks));
    return std::unique_ptr<AdminLink>(std::move(link));
  }

  Result<HttpResponse> send(HttpRequest request) override {
    request.trusted = true;  // who can open the store's files needs no token
    request.remote_address = "command line";
    return service_->handle(request);
  }
  std::string peer() const override { return "the store " + mask_url_password(settings_.store.url); }

 private:
  explicit StoreLink(const Settings& settings) : settings_(settings) {}

  Settings settings_;
  SystemClock clock_;
  SystemRandom random_;
  std::unique_ptr<LineSink> sink_;
  std::unique_ptr<Logger> log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<AdminService> service_;
};

}  // namespace

Result<std::unique_ptr<AdminLink>> open_store_link(const Settings& settings) { return StoreLink::open(settings); }

}  // namespace moongate
