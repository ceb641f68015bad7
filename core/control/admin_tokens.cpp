#include "control/admin_tokens.h"

#include <boost/json/array.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {
HttpResponse not_here() { return api_error(501, "UNIMPLEMENTED", "This process mints no tokens."); }
}  // namespace

HttpResponse list_tokens(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.tokens) return not_here();
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  boost::json::array list;
  for (const CachedToken& each : parts.hooks.configuration.tokens()) {
    list.push_back({{"account", each.account}, {"hint", each.hint}, {"expires_at", time_view(each.expires_at_s)}, {"shared", each.shared}});
  }
  return json_reply(200, {{"tokens", std::move(list)}});
}

HttpResponse drop_token(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.drop_token) return not_here();
  if (!parts.hooks.configuration.drop_token(call.name)) return not_found("account with a token");
  note(parts, call, "token.drop", call.name);
  return no_content();
}

}  // namespace moongate
