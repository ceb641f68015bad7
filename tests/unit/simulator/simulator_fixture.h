// A simulator on a port of its own, with a clock that a test turns, and the words to talk to it.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>

#include "base/clock.h"
#include "simulator/simulator.h"
#include "test_client.h"

namespace moongate::sim {

// Made once: an RSA key takes a tenth of a second.
const std::string& test_key_pem();

class SimulatorTest : public ::testing::Test {
 protected:
  SimulatorTest();

  // One request on a connection of its own.
  Response exchange(std::string_view method, std::string_view target, const HeaderList& headers,
                    std::string_view body = {});
  // POST /v1/messages with a good key: one user text.
  Response claude(const std::string& text, const std::string& faults = {}, bool stream = false,
                  HeaderList more_headers = {});
  Response claude_stream(const std::string& text, const std::string& faults = {}) {
    return claude(text, faults, true);
  }
  // POST /v1beta/models/gemini-2.5-pro:VERB with a good key.
  Response gemini(const std::string& text, const std::string& verb = "generateContent",
                  const std::string& faults = {});

  // An assertion of the simulator's own service account, valid now.
  std::string assertion(boost::json::object claims = {}) const;
  Response token_request(const std::string& form);
  std::string access_token();

  Response control(std::string_view method, const std::string& what, std::string_view body = {});
  boost::json::array log();
  // The last entry of the log once it is finished. Asks until then: each question also wakes the simulator's
  // loop, which is how it learns that the manual clock was moved.
  boost::json::object last_logged();
  // Moves the simulator's clock and lets it notice.
  void pass_ms(std::int64_t ms);

  static std::string messages_body(const std::string& text, bool stream);
  static HeaderList anthropic_headers(const std::string& faults = {});

  ManualClock clock;
  std::unique_ptr<Simulator> simulator;
};

boost::json::value parsed(std::string_view text);
// The texts of a stream's deltas, joined.
std::string claude_text(std::string_view sse_body);

}  // namespace moongate::sim
