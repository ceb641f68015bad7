// /api/admin/requests: the last ones of this gateway with all that was decided, older ones and other gateways' as the
// ledger has them.
#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "control/admin_input.h"
#include "live/live_service.h"
#include "live/live_socket.h"
#include "live/live_views.h"

namespace moongate {
namespace {

struct Asked {
  LedgerStore::LedgerQuery ledger;  // client, model, account, outcome, from, to, before
  std::string search, status;
  std::size_t limit = 100;
};

// A row of either source, by when it ended.
struct Row {
  std::int64_t ended_at_ms = 0;
  std::string id;
  boost::json::object view;
};
bool newer(const Row& a, const Row& b) { return a.ended_at_ms != b.ended_at_ms ? a.ended_at_ms > b.ended_at_ms : a.id > b.id; }

constexpr int kLedgerPage = 500;
constexpr int kMostPages = 20;  // of the ledger, looked through for what it cannot look for itself

bool read_cursor(const std::string& text, LedgerStore::LedgerQuery& query) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot + 1 == text.size()) return false;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + dot, query.before_ms);
  query.before_id = text.substr(dot + 1);
  return error == std::errc() && stopped == text.data() + dot && query.before_ms > 0;
}

bool contains(std::string_view text, std::string_view part) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [&](char a, char b) { return low(a) == low(b); }) != text.end();
}

bool after_cursor(const Asked& asked, std::int64_t ended_at_ms, std::string_view id) {
  const LedgerStore::LedgerQuery& q = asked.ledger;
  if (q.before_ms == 0) return true;
  return ended_at_ms < q.before_ms || (ended_at_ms == q.before_ms && id < q.before_id);
}

bool takes(const Asked& asked, const LiveRequest& request) {
  const LedgerStore::LedgerQuery& q = asked.ledger;
  const auto is = [](const std::string& wanted, const std::string& has) { return wanted.empty() || wanted == has; };
  if (!is(q.client, request.client) || !is(q.model, request.model) || !is(q.account, request.account)) return false;
  if (!q.outcome.empty() && q.outcome != to_string(request.outcome)) return false;
  if (request.ended_at_ms < q.from_ms || (q.to_ms != 0 && request.ended_at_ms >= q.to_ms)) return false;
  if (!status_matches(asked.status, request.status, to_string(request.outcome))) return false;
  if (asked.search.empty()) return true;
  for (const std::string* text : {&request.id, &request.client, &request.model, &request.account, &request.path, &request.error}) {
    if (contains(*text, asked.search)) return true;
  }
  return false;
}

bool takes(const Asked& asked, const LedgerRecord& row) {
  if (!status_matches(asked.status, row.status, row.outcome)) return false;
  if (asked.search.empty()) return true;
  for (const std::string* text : {&row.request_id, &row.client, &row.model, &row.account}) {
    if (contains(*text, asked.search)) return true;
  }
  return false;
}

std::string cursor_of(std::int64_t ended_at_ms, const std::string& id) { return std::to_string(ended_at_ms) + "." + id; }

}  // namespace

HttpResponse LiveService::list_requests(const Call& call) {
  AdminQuery input(call.request, {"search", "client", "model", "account", "outcome", "status", "from", "to", "limit", "cursor"});
  Asked asked;
  asked.ledger.client = input.text("client");
  asked.ledger.model = input.text("model");
  asked.ledger.account = input.text("account");
  asked.ledger.outcome = input.text("outcome");
  asked.ledger.from_ms = input.time("from").value_or(0) * 1000;
  asked.ledger.to_ms = input.time("to").value_or(0) * 1000;
  asked.search = input.text("search");
  asked.status = input.text("status");
  asked.limit = static_cast<std::size_t>(input.integer("limit", 100, 1, 500));
  if (!asked.status.empty() && !is_status_filter(asked.status)) input.refuse("\"status\" is a number (429), a class (5xx), \"ok\" or \"error\".");
  if (const std::string cursor = input.text("cursor"); !cursor.empty() && !read_cursor(cursor, asked.ledger)) {
    input.refuse("\"cursor\" must be what the page before called \"next\".");
  }
  if (auto refused = input.refusal()) return std::move(*refused);

  std::vector<Row> rows;
  std::unordered_set<std::string> recent;  // told from memory, also on another page
  parts_.hub.recent().walk([&](const LiveRequest& request) {
    recent.insert(request.id);
    if (rows.size() < asked.limit && after_cursor(asked, request.ended_at_ms, request.id) && takes(asked, request)) {
      rows.push_back({request.ended_at_ms, request.id, request_summary(request)});
    }
    return true;
  });

  LedgerStore::LedgerQuery page = asked.ledger;
  page.limit = std::max<int>(static_cast<int>(asked.limit), asked.search.empty() && asked.status.empty() ? 0 : kLedgerPage);
  std::size_t of_ledger = 0;
  bool ledger_goes_on = true;
  for (int i = 0; i < kMostPages && of_ledger < asked.limit; ++i) {
    const auto found = parts_.store.list_ledger(page);
    if (!found) return store_away(found.error());
    for (const LedgerRecord& row : *found) {
      if (of_ledger == asked.limit || recent.contains(row.request_id) || !takes(asked, row)) continue;
      rows.push_back({row.ended_at_ms, row.request_id, request_summary(row)});
      ++of_ledger;
    }
    ledger_goes_on = found->size() == static_cast<std::size_t>(page.limit);
    if (!ledger_goes_on) break;
    page.before_ms = found->back().ended_at_ms;
    page.before_id = found->back().request_id;
  }

  std::sort(rows.begin(), rows.end(), newer);
  boost::json::value next;
  if (rows.size() > asked.limit || (rows.size() == asked.limit && ledger_goes_on)) {
    rows.resize(asked.limit);
    next = cursor_of(rows.back().ended_at_ms, rows.back().id);
  } else if (ledger_goes_on && of_ledger < asked.limit) {
    next = cursor_of(page.before_ms, page.before_id);  // looked through so far
  }
  boost::json::array list;
  for (Row& row : rows) list.push_back(std::move(row.view));
  return json_reply(200, {{"requests", std::move(list)}, {"next", std::move(next)}});
}

HttpResponse LiveService::show_request(const Call& call) {
  const auto captured = parts_.hub.captures().find(call.name);
  boost::json::object view;
  if (const auto request = parts_.hub.recent().find(call.name)) {
    view = request_detail(*request);
  } else {
    const auto row = parts_.store.find_ledger(call.name);
    if (!row) return store_away(row.error());
    if (!*row) {
      return api_error(404, "NOT_FOUND", "There is no such request: not among the last ones of this gateway, and not in the ledger.");
    }
    view = request_detail(**row);
  }
  view["captured"] = captured.has_value();
  if (captured && call.caller.role == Role::kAdmin) view["capture"] = capture_view(*captured);
  return json_reply(200, view);
}

}  // namespace moongate
