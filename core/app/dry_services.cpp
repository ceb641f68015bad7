#include "app/dry_services.h"

namespace moongate {

DryServices::DryServices(WorkerServices& real) : real_(real) {
  auto token = std::make_shared<MintedToken>();
  token->bearer = Secret("Bearer made-up");
  constexpr std::int64_t kHourS = 3600;
  token->expires_at = real.clock().unix_seconds() + kHourS;
  token_ = std::move(token);
}

Task<Result<FetchResponse>> DryServices::fetch(FetchRequest) {
  co_return Error(ErrorKind::kConnect, "nothing is sent while it is only asked what would happen", ErrorSource::kUpstream);
}

Task<Result<std::shared_ptr<const MintedToken>>> DryServices::token(std::shared_ptr<const Credential>) { co_return token_; }

bool DryServices::try_take_limit(std::string_view name, const CustomLimit& limit, std::int64_t cost, bool,
                                 Result<CustomAnswer>& answer) {
  return real_.try_take_limit(name, limit, cost, false, answer);
}

Task<Result<CustomAnswer>> DryServices::take_limit(std::string name, CustomLimit limit, std::int64_t cost, bool) {
  return real_.take_limit(std::move(name), limit, cost, false);
}

}  // namespace moongate
