#include "control/admin_parts.h"

#include <boost/json/serialize.hpp>

namespace moongate {

HttpResponse store_refused(const AdminParts& parts, const Error& error) {
  if (error.kind == ErrorKind::kInvalid) return bad_argument(error.message);
  parts.log.error("the admin API's store failed", {{"reason", error.describe()}});
  HttpResponse response =
      api_error(503, "UNAVAILABLE", "The store cannot be used at the moment; try again. The gateway's log says why.");
  set_header(response, "Retry-After", "1");
  return response;
}

HttpResponse not_found(std::string_view what) {
  return api_error(404, "NOT_FOUND", "There is no such " + std::string(what) + ".");
}

HttpResponse already_there(std::string_view message) { return api_error(409, "ALREADY_EXISTS", message); }

HttpResponse no_content() {
  HttpResponse answer;
  answer.status = 204;
  return answer;
}

void note(AdminParts& parts, const AdminCall& call, std::string_view action, std::string_view subject,
          boost::json::object detail) {
  AuditRecord record;
  record.at_ms = parts.clock.unix_ms();
  record.actor = call.actor;
  record.action = action;
  record.subject = subject;
  record.detail = boost::json::serialize(detail);
  record.address = call.request.remote_address;
  parts.log.info("administration", {{"actor", record.actor},
                                    {"action", record.action},
                                    {"subject", record.subject},
                                    {"detail", record.detail},
                                    {"address", record.address}});
  if (Status kept = parts.store.append_audit(record); !kept) {
    parts.log.error("the audit log could not be written; the change above was made",
                    {{"action", record.action}, {"subject", record.subject}, {"reason", kept.error().describe()}});
  }
}

void note_directory_change(AdminParts& parts, const AdminCall& call, std::string_view action, std::string_view subject,
                           boost::json::object detail) {
  note(parts, call, action, subject, std::move(detail));
  if (parts.hooks.directory_changed) parts.hooks.directory_changed();
}

OrReply<UserRecord> find_user(const AdminParts& parts, std::string_view id_or_name) {
  Result<std::optional<UserRecord>> found = parts.store.find_user(id_or_name);
  if (found && !*found) found = parts.store.find_user_by_name(id_or_name);
  if (!found) return store_refused(parts, found.error());
  if (!*found) return not_found("user");
  return std::move(**found);
}

OrReply<ClientRecord> find_client(const AdminParts& parts, std::string_view id_or_name) {
  Result<std::optional<ClientRecord>> found = parts.store.find_client(id_or_name);
  if (found && !*found) found = parts.store.find_client_by_name(id_or_name);
  if (!found) return store_refused(parts, found.error());
  if (!*found) return not_found("client");
  return std::move(**found);
}

std::string new_id(Random& random, char letter) { return std::string(1, letter) + "-" + random_token(random, 16); }

}  // namespace moongate
