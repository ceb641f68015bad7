#include "control/admin_money.h"

#include <algorithm>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {

// Far from where a sum of movements could leave the range.
constexpr NanoDollars kMostAtOnce = 10'000'000 * kNanosPerDollar;
constexpr int kPage = 1000;
// Ids that callers choose must never be one of the gateway's own, or a charge would count as booked.
constexpr std::string_view kCallersId = "admin-";

bool is_movement_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:").find(c) != std::string_view::npos;
  });
}

boost::json::object balance_view(const UserRecord& user, const LedgerStore::Balance& balance) {
  return {{"user_id", user.id},
          {"user", user.name},
          {"balance", format_dollars(balance.balance_nano)},
          {"credited", format_dollars(balance.credited_nano)},
          {"charged", format_dollars(balance.charged_nano)}};
}

OrReply<std::vector<LedgerStore::Balance>> balances(const AdminParts& parts) {
  auto all = parts.store.list_balances();
  if (!all) return store_refused(parts, all.error());
  return std::move(*all);
}

LedgerStore::Balance balance_of(const std::vector<LedgerStore::Balance>& all, const std::string& user_id) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.user_id == user_id; });
  return found == all.end() ? LedgerStore::Balance{user_id, 0, 0, 0} : *found;
}

}  // namespace

std::string top_up_fault(const AdminParts&, std::string_view name, NanoDollars amount) {
  const std::string quoted = "\"" + std::string(name) + "\"";
  if (amount == 0) return quoted + " is zero, which moves nothing.";
  if (amount < 0) {
    return quoted + " is negative; money is taken out by a movement of kind \"correction\".";
  }
  if (amount > kMostAtOnce) return quoted + " is more than 10 million dollars at once.";
  return {};
}

std::string opening_fault(const AdminParts& parts, NanoDollars amount) {
  const auto& billing = parts.options.settings.billing;
  const NanoDollars least = parse_dollars(billing.opening).value_or(0);
  if (!billing.balances || amount >= least) return {};
  return "The first top-up must bring at least $" + format_dollars(least) + " (billing.opening); this is $" +
         format_dollars(amount) + ".";
}

Result<bool> move_money(AdminParts& parts, const AdminCall& call, MovementRecord& movement) {
  movement.actor = call.actor;
  movement.created_at_s = parts.now_s();
  Result<bool> moved = parts.store.move_balance(movement);
  if (!moved || !*moved) return moved;
  note(parts, call, "balance.move", movement.user_id,
       {{"id", movement.id}, {"kind", movement.kind}, {"amount", format_dollars(movement.amount_nano)}, {"note", movement.note}});
  if (parts.hooks.balance_changed) parts.hooks.balance_changed(movement.user_id);
  return moved;
}

HttpResponse list_balances(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto users = parts.store.list_users();
  if (!users) return store_refused(parts, users.error());
  const auto all = balances(parts);
  if (const auto* refused = std::get_if<HttpResponse>(&all)) return *refused;
  std::map<std::string_view, const LedgerStore::Balance*> by_user;
  for (const auto& each : std::get<0>(all)) by_user[each.user_id] = &each;
  boost::json::array list;
  for (const UserRecord& user : *users) {
    const auto found = by_user.find(user.id);
    list.push_back(balance_view(user, found == by_user.end() ? LedgerStore::Balance{user.id, 0, 0, 0} : *found->second));
  }
  return json_reply(200, {{"balances", std::move(list)}});
}

HttpResponse show_balance(AdminParts& parts, const AdminCall& call) {
  const OrReply<UserRecord> found = find_user(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& user = std::get<UserRecord>(found);
  const auto all = balances(parts);
  if (const auto* refused = std::get_if<HttpResponse>(&all)) return *refused;
  return json_reply(200, balance_view(user, balance_of(std::get<0>(all), user.id)));
}

HttpResponse list_movements(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"limit"});
  const auto limit = static_cast<int>(query.integer("limit", 100, 1, kPage));
  if (auto refused = query.refusal()) return std::move(*refused);
  const OrReply<UserRecord> found = find_user(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto movements = parts.store.list_movements(std::get<UserRecord>(found).id, limit);
  if (!movements) return store_refused(parts, movements.error());
  boost::json::array list;
  for (const MovementRecord& each : *movements) list.push_back(movement_view(each));
  return json_reply(200, {{"movements", std::move(list)}});
}

HttpResponse create_movement(AdminParts& parts, const AdminCall& call) {
  const OrReply<UserRecord> found = find_user(parts, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& user = std::get<UserRecord>(found);
  AdminBody body(call.request, {"amount", "note", "id", "kind"});
  MovementRecord movement;
  movement.user_id = user.id;
  movement.kind = body.text("kind", 1, 32).value_or("top-up");
  movement.note = body.text_or_empty("note", 500);
  movement.id = body.text("id", 1, 64).value_or(random_token(parts.random, 22));
  if (!is_movement_id(movement.id)) body.refuse("\"id\" must be 1 to 64 characters of A-Z, a-z, 0-9 and - . _ :.");
  if (!body.has("amount")) body.refuse("\"amount\" is missing: how many dollars, such as \"50\" or \"12.50\".");
  movement.amount_nano = body.amount("amount").value_or(0);
  if (movement.kind == "top-up") {
    if (const std::string fault = top_up_fault(parts, "amount", movement.amount_nano); !fault.empty()) body.refuse(fault);
  } else if (movement.kind != "correction") {
    body.refuse("\"kind\" must be \"top-up\" or \"correction\".");
  } else if (movement.amount_nano == 0 || movement.amount_nano > kMostAtOnce || movement.amount_nano < -kMostAtOnce) {
    body.refuse("\"amount\" must not be zero, nor more than 10 million dollars at once.");
  }
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!movement.id.starts_with(kCallersId)) movement.id.insert(0, kCallersId);

  const auto before = parts.store.list_movements(user.id, kPage);
  if (!before) return store_refused(parts, before.error());
  const auto same = std::find_if(before->begin(), before->end(), [&](const auto& each) { return each.id == movement.id; });
  if (same == before->end() && before->empty() && movement.kind == "top-up") {
    if (const std::string fault = opening_fault(parts, movement.amount_nano); !fault.empty()) return bad_argument(fault);
  }
  if (same != before->end() && (same->amount_nano != movement.amount_nano || same->kind != movement.kind)) {
    return already_there("The id " + movement.id + " is a movement of $" + format_dollars(same->amount_nano) +
                         " already; leave the id out for another one.");
  }
  const Result<bool> moved = move_money(parts, call, movement);
  if (!moved) return store_refused(parts, moved.error());
  if (!*moved && same == before->end()) {
    return already_there("The id " + movement.id + " is another movement's; leave the id out, or choose another.");
  }
  const auto balance = parts.store.balance(user.id);
  if (!balance) return store_refused(parts, balance.error());
  return json_reply(*moved ? 201 : 200, {{"movement", movement_view(*moved ? movement : *same)},
                                         {"balance", format_dollars(*balance)},
                                         {"moved", *moved}});
}

}  // namespace moongate
