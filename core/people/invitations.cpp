// /api/admin/invitations: who may sign up where registration takes an invitation.
#include <boost/json/array.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"
#include "control/list_page.h"
#include "crypto/hash.h"
#include "people/auth_register.h"
#include "people/mail_texts.h"
#include "people/presented_password.h"

namespace moongate {
namespace {

constexpr std::int64_t kDayS = 86'400;
constexpr std::size_t kTokenChars = 43;

boost::json::object invitation_view(const InvitationRecord& record) {
  return {{"id", record.id},
          {"email", record.email.empty() ? boost::json::value() : boost::json::value(record.email)},
          {"role", record.role},
          {"invited_by", record.invited_by},
          {"created_at", time_view(record.created_at_s)},
          {"expires_at", time_view(record.expires_at_s)},
          {"used", !record.user_id.empty()}};
}

}  // namespace

HttpResponse list_invitations(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_below(call.caller, Role::kViewer)) return std::move(*refused);
  AdminQuery query(call.request, {"search", "limit", "offset"});
  ListPage page(query);
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto records = parts.store().list_invitations();
  if (!records) return store_refused(parts.admin, records.error());
  boost::json::array list;
  for (const InvitationRecord& each : *records) {
    if (page.finds({each.email, each.id, each.role}) && page.take()) list.push_back(invitation_view(each));
  }
  return json_reply(200, page.told("invitations", std::move(list)));
}

HttpResponse create_invitation(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_below(call.caller, Role::kAdmin)) return std::move(*refused);
  AdminBody body(call.request, {"email", "role", "days"});
  InvitationRecord record;
  record.email = lowered_address(body.text_or_empty("email", 254));
  if (std::string fault = mail_address_fault(record.email); !record.email.empty() && !fault.empty()) body.refuse(std::move(fault));
  record.role = body.text("role", 1, 16).value_or("user");
  if (!role_of(record.role)) body.refuse("\"role\" must be \"user\", \"viewer\", \"operator\" or \"admin\".");
  const std::int64_t days = body.integer("days", 1, 90).value_or(7);
  if (auto refused = body.refusal()) return std::move(*refused);
  const std::string token = random_token(parts.admin.random, kTokenChars);
  record.id = "i-" + random_token(parts.admin.random, 16);
  record.token_sha256 = sha256_hex(token);
  record.invited_by = call.caller.name;
  record.created_at_s = parts.admin.now_s();
  record.expires_at_s = record.created_at_s + days * kDayS;
  const auto kept = parts.store().insert_invitation(record);
  if (!kept) return store_refused(parts.admin, kept.error());
  if (!*kept) return already_there("There is an invitation like that already; try again.");
  note(parts.admin, call.admin(), "invitation.create", record.id, {{"role", record.role}});
  boost::json::object view = invitation_view(record);
  if (record.email.empty()) {
    view["token"] = token;  // this once, to be handed over
  } else {
    // The message is what proves the address: the token goes nowhere else.
    parts.mail.post([&parts, record, token] {
      parts.mail.send(invitation_mail(record.email, parts.settings.oauth.public_url, token));
    });
  }
  return json_reply(201, view);
}

HttpResponse erase_invitation(PeopleParts& parts, const PeopleCall& call) {
  if (auto refused = refuse_below(call.caller, Role::kAdmin)) return std::move(*refused);
  const auto gone = parts.store().erase_invitation(call.name);
  if (!gone) return store_refused(parts.admin, gone.error());
  if (!*gone) return not_found("invitation");
  note(parts.admin, call.admin(), "invitation.delete", call.name);
  return no_content();
}

}  // namespace moongate
