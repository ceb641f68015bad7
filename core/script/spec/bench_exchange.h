// An exchange without sockets: a request that is all there, and whatever answer the test gives it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/exchange.h"
#include "proxy/phases.h"
#include "script/spec/policy_bench.h"

namespace moongate {

class BenchBody final : public RequestBody {
 public:
  // `arrived`: whether it is all there already; else the first task brings it.
  BenchBody(std::string text, bool arrived) : text_(std::move(text)), arrived_(arrived) {}
  bool complete() const override { return arrived_; }
  Task<Status> read_all() override;
  Task<Status> read_field(std::string_view name) override;
  std::optional<std::string> field(std::string_view name) const override;
  std::string text() const override { return text_; }
  void replace(std::string text) override { text_ = std::move(text); }

  Status failure;  // of the client, told to who reads

 private:
  std::string text_;
  bool arrived_;
};

class BenchExchange final : public Exchange {
 public:
  struct Spec {
    std::string method = "POST";
    std::string target = "/v1/messages";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string client_address = "192.0.2.1";
    bool body_arrived = true;
  };
  // Error kInvalid: no request could look like that.
  static Result<std::unique_ptr<BenchExchange>> make(const Spec& spec);

  RequestBody& body() override { return *body_; }
  std::string_view caller_credential() override;
  // model and stream, from the path or the body.
  void learn_model();
  // The answer's head.
  Status respond(int status, const std::vector<std::pair<std::string, std::string>>& headers);
  // Headers that are not removed, in order.
  static std::vector<std::pair<std::string, std::string>> visible(const Head& head);

  // Runs a phase to its end. False: it still waits for something outside of the bench.
  static bool run(Phases& phases, Phase phase, Exchange& exchange, PolicyBench& bench);

 private:
  BenchExchange() = default;
  std::string id_ = "mg-test-1";
  std::string address_;
  std::string head_text_;
  std::string response_text_;
  std::string credential_;
  RequestHead request_head_;
  ResponseHead response_head_;
  std::unique_ptr<BenchBody> body_;
};

}  // namespace moongate
