#include "control/admin_ledger.h"

#include <charconv>

#include "control/admin_input.h"
#include "control/admin_jobs.h"
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

namespace {

// A background job goes through the time in such pieces, so that it can tell how far it is.
constexpr std::int64_t kPieceS = 6 * 3600;

Result<std::int64_t> reprice_pieces(AdminParts& parts, std::int64_t from_s, std::int64_t to_s, const JobRegistry::Progress& progress) {
  const auto pricer = parts.hooks.prices.pricer();
  const std::int64_t pieces = (to_s - from_s + kPieceS - 1) / kPieceS;
  std::int64_t changed = 0;
  for (std::int64_t piece = 0; piece < pieces; ++piece) {
    if (!progress(piece, pieces)) {
      return Error(ErrorKind::kCanceled, "The gateway was ended; " + std::to_string(piece) + " of " + std::to_string(pieces) + " parts are done");
    }
    const std::int64_t begin = from_s + piece * kPieceS;
    const auto done = parts.store.reprice_ledger(begin * 1000, std::min(begin + kPieceS, to_s) * 1000, pricer);
    if (!done) return done.error();
    changed += *done;
  }
  progress(pieces, pieces);
  return changed;
}

void repriced(AdminParts& parts, const AdminCall& call, std::int64_t from_s, std::int64_t to_s, std::int64_t changed) {
  note(parts, call, "ledger.reprice", rfc3339(from_s) + "/" + rfc3339(to_s), {{"changed", changed}});
  if (changed > 0 && parts.hooks.balance_changed) parts.hooks.balance_changed("");
}

}  // namespace

HttpResponse reprice(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"background"});
  const bool background = query.choice("background", {"false", "true"}) == "true";
  if (auto refused = query.refusal()) return std::move(*refused);
  AdminBody body(call.request, {"from", "to"});
  const auto from = body.time("from"), to = body.time("to");
  if (!from || !to || *from >= *to) {
    body.refuse("\"from\" and \"to\" are both needed, \"from\" before \"to\", which is the first moment not repriced.");
  }
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!parts.hooks.prices.pricer) return api_error(501, "UNIMPLEMENTED", "This process has no price table.");
  if (background) {
    return job_started(parts, parts.jobs->start("reprice", call.actor,
                                               [&parts, from = *from, to = *to, who = OutlivingCall(call)](
                                                   const JobRegistry::Progress& progress) -> Result<JobRegistry::Outcome> {
                                                 const auto changed = reprice_pieces(parts, from, to, progress);
                                                 if (!changed) return changed.error();
                                                 repriced(parts, who.call(), from, to, *changed);
                                                 return JobRegistry::Outcome{std::to_string(*changed) + " requests have another price now.", {}};
                                               }));
  }
  const auto changed = parts.store.reprice_ledger(*from * 1000, *to * 1000, parts.hooks.prices.pricer());
  if (!changed) return store_refused(parts, changed.error());
  repriced(parts, call, *from, *to, *changed);
  return json_reply(200, {{"from", rfc3339(*from)}, {"to", rfc3339(*to)}, {"changed", *changed}});
}

}  // namespace moongate
