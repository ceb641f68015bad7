// What the administration handlers share: who may ask, and what a body may hold.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oauth2-mock/parts.h"

namespace moongate {

// The answer to somebody who may not do this: to read takes a viewer, to change an operator, or the admin token.
// `actor`: who it is, for the audit log.
std::optional<HttpResponse> refuse_unless_admin(const OAuthParts& parts, const HttpRequest& request,
                                                std::string& actor);

// The body's JSON object, with no members but these. An empty body is an empty object.
OrReply<boost::json::object> read_body(const HttpRequest& request,
                                       std::initializer_list<std::string_view> members);

// Members of a body: nothing changed and true when absent; false when of the wrong type, with `wrong` telling
// so.
bool take(const boost::json::object& body, std::string_view name, std::string& out, std::string& wrong);
bool take(const boost::json::object& body, std::string_view name, bool& out, std::string& wrong);
bool take(const boost::json::object& body, std::string_view name, std::optional<bool>& out,
          std::string& wrong);
// At most 100 texts of 1 to `longest` characters.
bool take(const boost::json::object& body, std::string_view name, std::vector<std::string>& out,
          std::size_t longest, std::string& wrong);

// "a", "a-b2": what Google allows in names of accounts and projects; 1 to 63 characters.
bool is_resource_name(std::string_view text);

}  // namespace moongate
