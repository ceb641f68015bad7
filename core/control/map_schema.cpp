#include "control/map_schema.h"

#include <boost/json/parse.hpp>
#include <string_view>

namespace moongate {
namespace {

// "x-secret": shown masked. "x-accounts": names an account of that list. "patternProperties": remarks.
constexpr std::string_view kSchema = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "map-config.json",
  "type": "object",
  "additionalProperties": false,
  "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
  "properties": {
    "clients": {"type": "array", "title": "Clients", "description": "Who may call with a static token.", "items": {"$ref": "#/$defs/client"}},
    "key_filename_gemini": {"type": "array", "title": "Accounts for Gemini", "description": "Google service accounts (Vertex AI) and Gemini API keys.", "items": {"$ref": "#/$defs/account"}},
    "key_filename_claude": {"type": "array", "title": "Accounts for Claude", "description": "Anthropic API keys, and Google service accounts (Claude on Vertex AI).", "items": {"$ref": "#/$defs/account"}}
  },
  "$defs": {
    "client": {
      "type": "object", "title": "Client", "additionalProperties": false,
      "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
      "required": ["client_token"],
      "properties": {
        "client_token": {"type": "string", "title": "Token", "minLength": 1, "maxLength": 4096, "x-secret": true, "description": "What the caller presents. 20 random characters cannot be guessed."},
        "name": {"type": "string", "title": "Name", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "description": "How the client is called in logs, metrics and policies."},
        "enable": {"type": "boolean", "title": "Enabled", "default": true, "description": "Off: refused as if unknown."},
        "service_type": {"type": "string", "title": "Service", "enum": ["any", "google", "anthropic"], "default": "any", "description": "On which paths the token is taken."},
        "key_filename_gemini": {"type": "array", "title": "Accounts for Gemini", "x-accounts": "key_filename_gemini", "description": "Left out: every account of that list. Empty: none.", "items": {"$ref": "#/$defs/weight"}},
        "key_filename_claude": {"type": "array", "title": "Accounts for Claude", "x-accounts": "key_filename_claude", "description": "Left out: every account of that list. Empty: none.", "items": {"$ref": "#/$defs/weight"}},
        "user": {"type": "string", "title": "User", "minLength": 1, "maxLength": 128, "description": "Who pays for this client, by name."},
        "providers": {"type": "array", "title": "Providers", "minItems": 1, "maxItems": 256, "items": {"type": "string", "enum": ["vertex", "vertex-claude", "anthropic", "gemini"]}, "description": "By which it may be served. Left out: every one."},
        "models": {"type": "array", "title": "Models", "minItems": 1, "maxItems": 256, "items": {"type": "string", "minLength": 1, "maxLength": 257}, "description": "Which it may ask for; * at the end stands for any rest. Left out: every one."},
        "ip_allow": {"type": "array", "title": "Addresses", "minItems": 1, "maxItems": 256, "items": {"type": "string"}, "description": "Where it may call from, such as 10.0.0.0/8. Left out: anywhere."},
        "expires": {"type": "string", "title": "Expires", "description": "From then on it is refused: 2027-01-01T00:00:00Z, or a date alone."},
        "limits": {"$ref": "#/$defs/limits"},
        "shadow": {"type": "boolean", "title": "Only watch limits", "default": false, "description": "What the limits would have refused is logged, and nothing is refused."},
        "markup": {"type": ["string", "number"], "title": "Markup", "default": "1", "description": "What is billed, as a factor of what it cost, from 0 to 1000."},
        "trace": {"type": "boolean", "title": "May ask for traces", "default": false, "description": "May send x-moongate-trace: explain."}
      }
    },
    "weight": {
      "type": "object", "title": "Account", "additionalProperties": false,
      "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
      "required": ["key_filename"],
      "properties": {
        "key_filename": {"type": "string", "title": "Account", "minLength": 1, "maxLength": 255},
        "key_weight": {"type": "integer", "title": "Weight", "minimum": 1, "maximum": 10000, "default": 1, "description": "How often it is chosen among those that serve the model."}
      }
    },
    "account": {
      "type": "object", "title": "Account", "additionalProperties": false,
      "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
      "required": ["key_filename"],
      "properties": {
        "key_filename": {"type": "string", "title": "Key file", "minLength": 1, "maxLength": 255, "pattern": "^[^/\\\\]+$", "description": "A file in the folder of key files; also the account's name."},
        "models": {"type": "array", "title": "Models", "items": {"$ref": "#/$defs/model"}, "description": "Which models it serves."},
        "limits": {"$ref": "#/$defs/limits"}
      }
    },
    "model": {
      "type": "object", "title": "Model", "additionalProperties": false,
      "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
      "required": ["model"],
      "properties": {
        "model": {"type": "string", "title": "Model", "minLength": 1, "maxLength": 257, "description": "The name that callers use; * at the end stands for any rest."},
        "domain": {"type": "string", "title": "Host", "minLength": 1, "description": "host, host:port or https://host/prefix. Left out: the key file's, else the provider's own."},
        "upstream_model": {"type": "string", "title": "Upstream's name", "pattern": "^[A-Za-z0-9._@-]{1,256}$", "description": "The name that the upstream is asked for."},
        "location": {"type": "string", "title": "Location", "pattern": "^[a-z0-9-]{1,63}$", "description": "Of Vertex AI, such as us-central1 or global."}
      }
    },
    "limits": {
      "type": "object", "title": "Limits", "additionalProperties": false,
      "patternProperties": {"^_": {"description": "A remark; it has no effect."}},
      "description": "Leave a member out for no limit.",
      "properties": {
        "requests_per_minute": {"type": "integer", "title": "Requests a minute", "minimum": 1, "maximum": 1000000000000},
        "tokens_per_minute": {"type": "integer", "title": "Tokens a minute", "minimum": 1, "maximum": 1000000000000},
        "input_tokens_per_minute": {"type": "integer", "title": "Input tokens a minute", "minimum": 1, "maximum": 1000000000000},
        "output_tokens_per_minute": {"type": "integer", "title": "Output tokens a minute", "minimum": 1, "maximum": 1000000000000},
        "tokens_per_day": {"type": "integer", "title": "Tokens a day", "minimum": 1, "maximum": 1000000000000},
        "cost_per_day": {"type": ["string", "number"], "title": "Dollars a day", "pattern": "^[0-9]+([.][0-9]{1,9})?$"},
        "cost_per_month": {"type": ["string", "number"], "title": "Dollars a month", "pattern": "^[0-9]+([.][0-9]{1,9})?$"},
        "concurrent": {"type": "integer", "title": "At once", "minimum": 1, "maximum": 1000000}
      }
    }
  }
})json";

}  // namespace

boost::json::object map_schema() { return boost::json::parse(kSchema).get_object(); }

}  // namespace moongate
