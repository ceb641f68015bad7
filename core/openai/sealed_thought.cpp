#include "openai/sealed_thought.h"

#include "crypto/base64.h"
#include "openai/json_document.h"
#include "openai/json_writer.h"
#include "openai/members.h"

namespace moongate::openai {
namespace {

constexpr std::string_view kMark = "mg1.";

template <class WriteMembers>
std::string seal(const WriteMembers& write_members) {
  std::string text;
  JsonWriter json(text);
  json.object();
  write_members(json);
  json.end_object();
  return std::string(kMark) + base64url_encode(text);
}

}  // namespace

std::string seal_thought(std::string_view thought, std::string_view signature) {
  return seal([&](JsonWriter& json) { json.member("thinking", thought).member("signature", signature); });
}

std::string seal_hidden_thought(std::string_view data) {
  return seal([&](JsonWriter& json) { json.member("redacted", data); });
}

std::string seal_call_signature(std::string_view signature) {
  return seal([&](JsonWriter& json) { json.member("call", signature); });
}

bool open_thought(std::string_view sealed, Prompt& out, Block& thought, std::string_view& call_signature) {
  if (!sealed.starts_with(kMark)) return false;
  const std::optional<std::string> text = base64url_decode(sealed.substr(kMark.size()));
  if (!text) return false;
  const Result<JsonDocument> document = JsonDocument::parse(*text);
  if (!document) return false;
  const boost::json::object& members = document.value().object();
  thought.kind = BlockKind::kThought;
  const auto keep = [&](std::string_view name) { return out.keep(std::string(string_in(members, name))); };
  thought.text = keep("thinking");
  thought.signature = keep("signature");
  thought.sealed = keep("redacted");
  call_signature = keep("call");
  return true;
}

}  // namespace moongate::openai
