#include "simulator/control_face.h"

#include <boost/json.hpp>
#include <charconv>

namespace moongate::sim {
namespace {

namespace json = boost::json;

Reply text_reply(int status, std::string_view type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.headers = {{"content-type", std::string(type)}, {"cache-control", "no-store"}};
  reply.body = std::move(body);
  return reply;
}

Reply failed(int status, std::string_view why) {
  return text_reply(status, "application/json", json::serialize(json::object{{"error", why}}) + "\n");
}

Reply done() { return text_reply(200, "application/json", "{}\n"); }

Reply stats(const World& world) {
  return text_reply(
      200, "application/json",
      json::serialize(json::object{{"connections", world.connections - world.connections_before},
                                   {"open_connections", world.open_connections},
                                   {"requests", world.log.count_since_reset()},
                                   {"tokens_issued", world.tokens.issued()}}) +
          "\n");
}

Reply log(const Call& call) {
  std::uint64_t after = 0;
  const std::string_view asked = call.request.parameter("after");
  if (!asked.empty() && std::from_chars(asked.data(), asked.data() + asked.size(), after).ec != std::errc()) {
    return failed(400, "after has to be the number of a request");
  }
  return text_reply(200, "application/x-ndjson", call.world.log.lines(after));
}

}  // namespace

Reply control_face(Call& call) {
  World& world = call.world;
  const std::string& verb = call.route.verb;
  const bool get = call.request.method == "GET";
  const bool post = call.request.method == "POST" || call.request.method == "PUT";
  if (get && verb == "log") return log(call);
  if (get && verb == "stats") return stats(world);
  if (post && verb == "reset") {
    world.log.clear();
    world.log.reset_count();
    world.standing.clear();
    world.files.clear();
    world.operations.clear();
    world.connections_before = world.connections - world.open_connections;
    return done();
  }
  if (post && verb == "expire-tokens") {
    world.tokens.revoke_all();
    return done();
  }
  if (post && verb == "faults") {
    const Status good = world.standing.set(call.request.body);
    return good.ok() ? done() : failed(400, good.error().message);
  }
  return failed(404,
                "the simulator has GET log, GET stats, POST reset, POST expire-tokens and POST faults here");
}

}  // namespace moongate::sim
