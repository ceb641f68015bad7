// One request on its way through a face.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "simulator/faults.h"
#include "simulator/reply.h"
#include "simulator/request.h"
#include "simulator/route.h"
#include "simulator/world.h"

namespace moongate::sim {

struct Call {
  World& world;
  const Request& request;
  Route route;
  std::string standing;  // the standing faults for it
  Faults& faults;        // what holds in the end; the connection applies the rest of it

  // Standing faults, over them those in the user's text, over them the x-simulator header's.
  Status gather_faults(std::string_view user_text) {
    faults = Faults();
    if (Status good = apply_faults(standing, faults); !good) return good;
    if (Status good = apply_faults(find_directive(user_text), faults); !good) return good;
    return apply_faults(request.header("x-simulator"), faults);
  }
};

// The faces. Each checks the credential, reads the body, gathers the faults and answers in its vendor's
// shapes.
Reply anthropic_face(Call& call);
Reply claude_vertex_face(Call& call);
Reply vertex_face(Call& call);
Reply gemini_face(Call& call);
Reply gemini_files_face(Call& call);
Reply token_face(Call& call);
Reply certs_face(Call& call);

// The face that the route names; a path that none plays gets its vendor's 404.
Reply answer_call(Call& call);
// An error of that status in the vendor's shape, whatever the body: for what is answered before it was read.
Reply status_reply(const Call& call, const Faults& faults, int status);
// A body that the route's face accepts, for a good answer before the real one was read.
std::string_view stand_in_body(const Route& route);

// Credentials, judged as each vendor's front end does. Nothing: they pass.
std::optional<Reply> refuse_anthropic(const Call& call);
std::optional<Reply> refuse_vertex(const Call& call);
std::optional<Reply> refuse_gemini(const Call& call);

// An answer that is made whole is bounded: events × event-bytes beyond this have to be streamed.
constexpr std::int64_t kMostPlainBytes = 64 << 20;
bool too_large_for_plain(const Faults& faults);

}  // namespace moongate::sim
