// Where the consent page may send a browser back to.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/records.h"

namespace moongate {

// What may be registered: https anywhere, http on the own machine, or an app's own scheme with a dot in it;
// no fragment, no user name, no white space. Error kInvalid says which of these is broken.
Status check_redirect_uri(std::string_view uri);

// Whether `uri` is one of the client's, to the letter. One exception (RFC 8252 section 7.3): where an http
// URI of the own machine was registered without a port, the request may add one.
bool redirect_allowed(const OAuthClientRecord& client, std::string_view uri);

// The source expression for CSP's form-action, which must allow the target of the redirect after the form.
std::string redirect_source(std::string_view uri);

}  // namespace moongate
