#include "simulator/call.h"

#include "simulator/google_models.h"
#include "simulator/vendor_errors.h"

namespace moongate::sim {

Reply answer_call(Call& call) {
  switch (call.route.face) {
    case Face::kAnthropic:
      return anthropic_face(call);
    case Face::kClaudeVertex:
      return claude_vertex_face(call);
    case Face::kVertex:
      return vertex_face(call);
    case Face::kGemini:
      return gemini_face(call);
    case Face::kGeminiFiles:
      return gemini_files_face(call);
    case Face::kToken:
      return token_face(call);
    case Face::kCerts:
      return certs_face(call);
    case Face::kControl:
    case Face::kNone:
      break;
  }
  return google_refusal(call, 404, "The requested URL was not found on this server.");
}

Reply status_reply(const Call& call, const Faults& faults, int status) {
  Reply reply;
  switch (call.route.face) {
    case Face::kAnthropic:
    case Face::kClaudeVertex:
      reply = anthropic_error(status, faults.error, "Simulated error", call.world.next_id("req_"));
      break;
    case Face::kToken:
    case Face::kCerts:
      reply =
          oauth_error(status, faults.error.empty() ? "internal_failure" : faults.error, "Simulated error");
      break;
    default:
      return google_fault(call, faults, status);
  }
  add_retry_headers(faults, reply);
  return reply;
}

std::string_view stand_in_body(const Route& route) {
  switch (route.face) {
    case Face::kAnthropic:
      return R"({"model":"claude","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":""}]})";
    case Face::kClaudeVertex:
      return R"({"anthropic_version":"vertex-2023-10-16","max_tokens":4096,"stream":true,"messages":[{"role":"user","content":""}]})";
    default:
      return R"({"contents":[{"parts":[{"text":""}]}]})";
  }
}

}  // namespace moongate::sim
