#include "control/admin_events.h"

#include <boost/json/parse.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {

HttpResponse list_notifications(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"limit", "unread"});
  const auto limit = static_cast<int>(query.integer("limit", 100, 1, 1000));
  const bool unread = query.choice("unread", {"false", "true"}) == "true";
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto records = parts.store.list_notifications(limit);
  if (!records) return store_refused(parts, records.error());
  boost::json::array list;
  for (const NotificationRecord& record : *records) {
    if (!unread || record.read_at_s == 0) list.push_back(notification_view(record));
  }
  return json_reply(200, {{"notifications", std::move(list)}});
}

HttpResponse read_notification(AdminParts& parts, const AdminCall& call) {
  const Result<bool> done = parts.store.mark_notification_read(call.name, parts.now_s());
  if (!done) return store_refused(parts, done.error());
  if (!*done) return not_found("notification");
  note(parts, call, "notification.read", call.name);
  return no_content();
}

HttpResponse list_audit(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {"limit"});
  const auto limit = static_cast<int>(query.integer("limit", 100, 1, 1000));
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto records = parts.store.list_audit(limit);
  if (!records) return store_refused(parts, records.error());
  boost::json::array list;
  for (const AuditRecord& record : *records) list.push_back(audit_view(record));
  return json_reply(200, {{"audit", std::move(list)}});
}

HttpResponse show_status(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto generation = parts.store.directory_generation();
  boost::json::object status{{"version", MOONGATE_VERSION},
                             {"time", rfc3339(parts.now_s())},
                             {"store", generation ? "ok" : "unavailable"}};
  if (generation) status["directory_generation"] = *generation;
  if (parts.hooks.status) {
    boost::json::error_code failed;
    boost::json::value more = boost::json::parse(parts.hooks.status(), failed);
    if (!failed && more.is_object()) {
      for (auto& [name, value] : more.get_object()) status[name] = std::move(value);
    }
  }
  return json_reply(200, status);
}

}  // namespace moongate
