// The pages that links of messages lead to. A mail program may open links by itself: so a page only asks, and what it asks
// for is done when its form is sent.
#include "people/auth_register.h"

#include <algorithm>

#include "control/admin_input.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

namespace moongate {
namespace {

// Sends the form as JSON, and shows what the gateway says. Its digest is in the page's policy: nothing else runs there.
constexpr std::string_view kScript = R"js(
document.querySelector('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const said = document.querySelector('output');
  const form = event.target;
  const body = {};
  for (const field of form.elements) if (field.name && field.value) body[field.name] = field.value;
  try {
    const answer = await fetch(form.dataset.to, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
    const told = await answer.json();
    said.textContent = answer.ok ? (told.message || 'Done. 完成。') : told.error.message;
    if (answer.ok) form.hidden = true;
  } catch {
    said.textContent = 'The gateway does not answer. 网关没有响应。';
  }
});
)js";

constexpr std::string_view kStyle =
    "body{font:16px system-ui,sans-serif;max-width:32rem;margin:10vh auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0}input{display:block;width:100%;font:inherit;padding:.4rem}button{font:inherit;padding:.5rem 1rem}";

std::string field(std::string_view title, std::string_view name, std::string_view type, std::string_view hint) {
  return "<label>" + std::string(title) + "<input name=\"" + std::string(name) + "\" type=\"" + std::string(type) +
         "\" autocomplete=\"" + std::string(hint) + "\" required></label>";
}

std::string sha256_source(std::string_view text) { return "'sha256-" + base64_encode(sha256(text)) + "'"; }

}  // namespace

HttpResponse show_auth_page(PeopleParts&, const PeopleCall& call) {
  const bool registers = call.request.path.ends_with("/register");
  const bool resets = call.request.path.ends_with("/reset-password");
  const std::string_view name = registers ? "invitation" : "token";
  AdminQuery query(call.request, {name});
  const std::string code = query.text(name);
  if (code.empty() || code.size() > 128 || !base64url_decode(code + std::string((4 - code.size() % 4) % 4, 'A'))) {
    query.refuse("Open the link of the message as it stands.");
  }
  if (auto refused = query.refusal()) return std::move(*refused);
  std::string fields = "<input type=\"hidden\" name=\"" + std::string(name) + "\" value=\"" + code + "\">";
  std::string_view title = "Confirm this address · 确认邮箱";
  if (registers) {
    title = "Make your account · 注册账户";
    fields += field("Name · 用户名", "name", "text", "username") + field("E-mail · 邮箱", "email", "email", "email") +
              field("Password · 密码", "password", "password", "new-password");
  } else if (resets) {
    title = "Choose a new password · 设置新密码";
    fields += field("New password · 新密码", "password", "password", "new-password");
  }
  HttpResponse page;
  page.body = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">"
              "<title>Moongate</title><style>" + std::string(kStyle) + "</style><h1>" + std::string(title) +
              "</h1><form data-to=\"" + call.request.path + "\">" + fields +
              "<button>OK</button></form><output></output><script>" + std::string(kScript) + "</script></html>\n";
  set_header(page, "Content-Type", "text/html; charset=utf-8");
  set_header(page, "Cache-Control", "no-store");
  set_header(page, "Referrer-Policy", "no-referrer");
  set_header(page, "Content-Security-Policy",
             "default-src 'none'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; style-src " +
                 sha256_source(kStyle) + "; script-src " + sha256_source(kScript));
  return page;
}

}  // namespace moongate
