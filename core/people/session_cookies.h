// The two cookies of a browser's session: nothing of a page can read them, and no foreign page sends them along.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "people/sessions.h"

namespace moongate {

// The value of a cookie of this name; empty: there is none, or two that differ.
std::string_view find_cookie(const HttpRequest& request, std::string_view name);

std::string_view session_cookie(const HttpRequest& request);
std::string_view refresh_cookie(const HttpRequest& request);

void set_session_cookies(HttpResponse& response, const HttpRequest& request, const IssuedSession& session);
void clear_session_cookies(HttpResponse& response, const HttpRequest& request);

}  // namespace moongate
