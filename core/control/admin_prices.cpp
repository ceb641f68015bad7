#include "control/admin_prices.h"

#include <boost/json/parse.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {

constexpr std::size_t kMaxBody = 1 << 20;

boost::json::value parsed(const std::string& text) {
  boost::json::error_code failed;
  boost::json::value value = boost::json::parse(text, failed);
  return failed ? boost::json::value() : value;
}

}  // namespace

HttpResponse show_prices(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto rows = parts.store.list_prices();
  if (!rows) return store_refused(parts, rows.error());
  boost::json::array stored;
  for (const PriceRecord& row : *rows) stored.push_back(parsed(row.row));
  boost::json::object answer{{"stored", std::move(stored)}};
  if (parts.hooks.prices.effective) answer["effective"] = parsed(parts.hooks.prices.effective());
  return json_reply(200, answer);
}

HttpResponse replace_prices(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"rows"}, kMaxBody);
  if (!body.has("rows")) body.refuse("\"rows\" is missing: the list of price rows, as in data/prices.json.");
  const auto rows = body.array("rows");
  if (auto refused = body.refusal()) return std::move(*refused);
  if (!parts.hooks.prices.parse) return api_error(501, "UNIMPLEMENTED", "This process has no price table.");
  const auto records = parts.hooks.prices.parse(*rows);
  if (!records) return bad_argument(records.error().message);
  if (Status kept = parts.store.replace_prices(*records); !kept) return store_refused(parts, kept.error());
  note(parts, call, "prices.replace", "prices", {{"rows", records->size()}});
  if (parts.hooks.prices_changed) parts.hooks.prices_changed();
  return show_prices(parts, call);
}

}  // namespace moongate
