#include "control/admin_ledger.h"

#include <charconv>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {

// "1700000000123.request-id": where the next page begins.
bool read_cursor(const std::string& text, LedgerStore::LedgerQuery& query) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot + 1 == text.size()) return false;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + dot, query.before_ms);
  query.before_id = text.substr(dot + 1);
  return error == std::errc() && stopped == text.data() + dot && query.before_ms > 0;
}

}  // namespace

HttpResponse list_ledger(AdminParts& parts, const AdminCall& call) {
  AdminQuery input(call.request, {"user", "client", "key", "model", "account", "outcome", "from", "to", "limit", "cursor"});
  LedgerStore::LedgerQuery query;
  query.client = input.text("client");
  query.key_id = input.text("key");
  query.model = input.text("model");
  query.account = input.text("account");
  query.outcome = input.text("outcome");
  query.from_ms = input.time("from").value_or(0) * 1000;
  query.to_ms = input.time("to").value_or(0) * 1000;
  query.limit = static_cast<int>(input.integer("limit", 100, 1, 1000));
  if (const std::string cursor = input.text("cursor"); !cursor.empty() && !read_cursor(cursor, query)) {
    input.refuse("\"cursor\" must be what the page before called \"next\".");
  }
  if (auto refused = input.refusal()) return std::move(*refused);
  if (const std::string user = input.text("user"); !user.empty()) {
    const OrReply<UserRecord> found = find_user(parts, user);
    if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
    query.user_id = std::get<UserRecord>(found).id;
  }
  const auto rows = parts.store.list_ledger(query);
  if (!rows) return store_refused(parts, rows.error());
  boost::json::array list;
  for (const LedgerRecord& row : *rows) list.push_back(ledger_view(row));
  boost::json::value next;
  if (rows->size() == static_cast<std::size_t>(query.limit)) {
    next = std::to_string(rows->back().ended_at_ms) + "." + rows->back().request_id;
  }
  return json_reply(200, {{"rows", std::move(list)}, {"next", std::move(next)}});
}

HttpResponse show_ledger_row(AdminParts& parts, const AdminCall& call) {
  const auto row = parts.store.find_ledger(call.name);
  if (!row) return store_refused(parts, row.error());
  if (!*row) return not_found("request in the ledger; it may still be on its way there");
  return json_reply(200, ledger_view(**row));
}

HttpResponse reprice(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"from", "to"});
  const auto from = body.time("from"), to = body.time("to");
  if (!from || !to || *from >= *to) {
    body.refuse("\"from\" and \"to\" are both needed, \"from\" before \"to\", which is the first moment not repriced.");
  }
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!parts.hooks.prices.pricer) return api_error(501, "UNIMPLEMENTED", "This process has no price table.");
  const auto changed = parts.store.reprice_ledger(*from * 1000, *to * 1000, parts.hooks.prices.pricer());
  if (!changed) return store_refused(parts, changed.error());
  note(parts, call, "ledger.reprice", rfc3339(*from) + "/" + rfc3339(*to), {{"changed", *changed}});
  if (*changed > 0 && parts.hooks.balance_changed) parts.hooks.balance_changed("");
  return json_reply(200, {{"from", rfc3339(*from)}, {"to", rfc3339(*to)}, {"changed", *changed}});
}

}  // namespace moongate
