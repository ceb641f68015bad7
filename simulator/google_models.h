// Gemini as both of its doors serve it: the verbs that Vertex and the Developer API share.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "simulator/call.h"

namespace moongate::sim {

// A plain Google answer: 200, pretty-printed.
Reply google_reply(const boost::json::value& body);
// google_error() for this call: wrapped in an array where its stream would have been one.
Reply google_refusal(const Call& call, int code, std::string message);
// What status=… gives, with the details that belong to it.
Reply google_fault(const Call& call, const Faults& faults, int status);

// The body as an object, faults gathered, status=… answered: what every verb begins with. True: go on.
bool begin_google(Call& call, boost::json::object& body, Reply& refusal);

Reply generate_content(Call& call);
Reply count_tokens(Call& call);
// embedContent and batchEmbedContents.
Reply embed_content(Call& call, bool batch);

// `dimensions` numbers between -1 and 1 with length 1, always the same for a text.
boost::json::array embedding_of(std::string_view text, std::int64_t dimensions);
constexpr std::int64_t kEmbeddingDimensions = 768;
constexpr std::int64_t kMostDimensions = 3072;

}  // namespace moongate::sim
