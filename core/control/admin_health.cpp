#include "control/admin_health.h"

#include <boost/json/array.hpp>
#include <set>

#include "control/admin_accounts.h"
#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {

HttpResponse not_here() { return api_error(501, "UNIMPLEMENTED", "This process serves no accounts."); }

boost::json::object in_force(const AccountInForce& each) {
  boost::json::array models, regions;
  std::set<std::string> seen;
  for (const ModelRule& rule : each.account->models) {
    models.push_back(boost::json::value(rule.model + (rule.wildcard ? "*" : "")));
    if (!rule.location.empty() && seen.insert(rule.location).second) regions.push_back(boost::json::value(rule.location));
  }
  return {{"name", each.account->name},
          {"provider", to_string(each.account->provider)},
          {"source", each.source},
          {"models", std::move(models)},
          {"regions", std::move(regions)},
          {"weight", each.account->weight},
          {"enabled", true},
          {"health", {{"state", each.state}, {"until", time_view(each.until_s)}, {"reason", each.reason}}},
          {"requests", each.requests},
          {"errors", each.errors}};
}

// Of the store and not in force: switched off, or unusable.
boost::json::object out_of_force(const UpstreamAccountRecord& record) {
  boost::json::object shown = account_view(record);
  boost::json::array models;
  if (const auto* rules = shown.if_contains("models"); rules != nullptr && rules->is_array()) {
    for (const boost::json::value& rule : rules->get_array()) {
      const auto* model = rule.is_object() ? rule.get_object().if_contains("model") : nullptr;
      if (model != nullptr) models.push_back(*model);
    }
  }
  const std::string why = !record.disabled_reason.empty() ? record.disabled_reason
                          : record.enabled ? "its credential cannot be used; the gateway's log says why"
                                           : "switched off by an operator";
  return {{"name", record.name},
          {"provider", nullptr},
          {"source", "store"},
          {"models", std::move(models)},
          {"regions", boost::json::array()},
          {"weight", record.weight},
          {"enabled", record.enabled},
          {"health", {{"state", "disabled"}, {"until", nullptr}, {"reason", why}}},
          {"requests", 0},
          {"errors", 0}};
}

}  // namespace

HttpResponse list_accounts(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.accounts) return not_here();
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto stored = parts.store.list_upstream_accounts();
  if (!stored) return store_refused(parts, stored.error());
  boost::json::array list;
  std::set<std::string, std::less<>> known;
  for (const AccountInForce& each : parts.hooks.configuration.accounts()) {
    known.insert(each.account->name);
    list.push_back(in_force(each));
  }
  for (const UpstreamAccountRecord& record : *stored) {
    if (!known.contains(record.name)) list.push_back(out_of_force(record));
  }
  const std::size_t total = list.size();
  return json_reply(200, {{"accounts", std::move(list)}, {"total", total}});
}

// Accounts of the store are switched there; the others are what their file, variable or setting says.
HttpResponse change_account_in_force(AdminParts& parts, const AdminCall& call) {
  const auto stored = parts.store.find_upstream_account(call.name);
  if (!stored) return store_refused(parts, stored.error());
  if (*stored) return change_upstream_account(parts, call);
  if (!parts.hooks.configuration.accounts) return not_here();
  for (const AccountInForce& each : parts.hooks.configuration.accounts()) {
    if (each.account->name != call.name) continue;
    return api_error(409, "FAILED_PRECONDITION",
                     each.source == "map" ? "This account stands in the map: take it out of its list there (PUT map); it is gone from the next request on."
                     : each.source == "ambient" ? "This account comes from the gateway's environment: take the variable away and start the gateway anew."
                                                : "This account is the simulator's: it goes when its provider has a real account, or with simulator.mode off.");
  }
  return not_found("account");
}

HttpResponse test_account(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.test_account) return not_here();
  AdminBody body(call.request, {});
  if (auto refused = body.refusal()) return std::move(*refused);
  const auto tested = parts.hooks.configuration.test_account(call.name);
  if (!tested) return not_found("account in force");
  note(parts, call, "account.test", call.name, {{"ok", tested->ok}});
  return json_reply(200, {{"ok", tested->ok}, {"latency_ms", tested->latency_ms}, {"message", tested->message}});
}

HttpResponse forgive_account(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.forgive_account) return not_here();
  AdminBody body(call.request, {});
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!parts.hooks.configuration.forgive_account(call.name)) return not_found("account in force");
  note(parts, call, "account.forgive", call.name);
  return no_content();
}

}  // namespace moongate
