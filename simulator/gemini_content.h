// An answer in the shape of Gemini's GenerateContentResponse: one, or the pieces of a stream.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <string>

#include "simulator/answer.h"
#include "simulator/reply.h"

namespace moongate::sim {

struct ContentIdentity {
  std::string response_id;
  std::string model;
  bool vertex = false;  // usage with trafficType, and on the last chunk only
};

boost::json::object gemini_content(const Answer& answer, const Conversation& conversation,
                                   const ContentIdentity& identity);
// `form` decides how each piece is printed: on a line for SSE, pretty in an array.
std::unique_ptr<EventSource> gemini_events(Answer answer, const Conversation& conversation,
                                           ContentIdentity identity, StreamForm form);

// [{"modality": "TEXT", "tokenCount": 3}, …]: the kinds that occur.
boost::json::array modality_counts(const Conversation& conversation);

}  // namespace moongate::sim
