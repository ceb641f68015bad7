// The services of a policy that is only asked what it would do: it finds everything that is there, and changes nothing.
#pragma once

#include "app/worker_services.h"

namespace moongate {

// Nothing is fetched, minted or counted; tokens are made up. Everything else is `real`, which must outlive this.
class DryServices final : public ScriptServices {
 public:
  explicit DryServices(WorkerServices& real);

  const Clock& clock() const override { return real_.clock(); }
  Random& random() override { return real_.random(); }
  const Logger& logger() const override { return real_.logger(); }
  SharedDicts& shared_dicts() override { return real_.shared_dicts(); }
  Cache& cache() override { return real_.cache(); }
  Task<void> sleep(int milliseconds) override { return real_.sleep(milliseconds); }
  Task<Result<FetchResponse>> fetch(FetchRequest request) override;
  const Snapshot& snapshot() const override { return real_.snapshot(); }
  bool try_find_client(std::string_view credential, ClientAnswer& answer) override {
    return real_.try_find_client(credential, answer);
  }
  Task<Result<ClientAnswer>> find_client(std::string credential) override { return real_.find_client(std::move(credential)); }
  const std::vector<std::shared_ptr<const Account>>& pick_accounts(Provider provider, std::string_view model,
                                                                   const Identity& identity) override {
    return real_.pick_accounts(provider, model, identity);
  }
  bool account_healthy(const Account& account) const override { return real_.account_healthy(account); }
  std::shared_ptr<const MintedToken> cached_token(const Credential&) override { return token_; }
  Task<Result<std::shared_ptr<const MintedToken>>> token(std::shared_ptr<const Credential> credential) override;
  bool try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool charge,
                      Result<CustomAnswer>& answer) override;
  Task<Result<CustomAnswer>> take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool charge) override;
  Result<int> define_metric(const MetricSpec& spec) override { return real_.define_metric(spec); }
  void update_metric(int, std::span<const std::string_view>, double, bool) override {}
  void count_hook_failure(std::string_view, std::string_view) override {}

 private:
  WorkerServices& real_;
  std::shared_ptr<const MintedToken> token_;
};

}  // namespace moongate
