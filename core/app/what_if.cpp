#include "app/what_if.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/dry_services.h"
#include "base/money.h"
#include "http/api_reply.h"
#include "limits/limit_checks.h"
#include "script/lua_phases.h"
#include "script/spec/bench_exchange.h"

namespace moongate {
namespace {

constexpr std::size_t kMostLogged = 50;

std::string in_quotes(std::string_view text) { return boost::json::serialize(boost::json::value(text)); }

// A small request for the model, in the language of the provider (or of the path).
BenchExchange::Spec request_for(const WhatIfQuestion& question) {
  BenchExchange::Spec spec;
  const std::string& model = question.model;
  std::string provider = question.provider;
  if (provider.empty()) provider = model.starts_with("claude") ? "anthropic" : "gemini";
  const bool anthropic = provider == "anthropic";
  spec.target = question.path;
  if (spec.target.empty()) {
    const std::string vertex = "/v1/projects/-/locations/us-central1/publishers/";
    if (anthropic) spec.target = "/v1/messages";
    if (provider == "gemini") spec.target = "/v1beta/models/" + model + ":generateContent";
    if (provider == "vertex") spec.target = vertex + "google/models/" + model + ":generateContent";
    if (provider == "vertex-claude") spec.target = vertex + "anthropic/models/" + model + ":rawPredict";
  }
  boost::json::object body{{"max_tokens", 1}, {"messages", {{{"role", "user"}, {"content", "1"}}}}};
  if (spec.target.find("ontent") != std::string::npos) body = {{"contents", {{{"role", "user"}, {"parts", {{{"text", "1"}}}}}}}};
  if (!model.empty()) body["model"] = model;
  spec.body = boost::json::serialize(body);
  spec.headers = {{"Content-Type", "application/json"}};
  if (spec.target.starts_with("/v1/messages")) spec.headers.emplace_back("anthropic-version", "2023-06-01");
  spec.client_address = question.address.empty() ? "127.0.0.1" : question.address;
  return spec;
}

LimitLevel level_of(std::string_view name) {
  return name == "key" ? LimitLevel::kKey : name == "user" ? LimitLevel::kUser : LimitLevel::kClient;
}

std::string amount_text(LimitKind kind, std::int64_t amount) {
  const bool money = kind == LimitKind::kCostPerDay || kind == LimitKind::kCostPerMonth || kind == LimitKind::kBalance;
  return money ? "$" + format_dollars(amount) : std::to_string(amount);
}

Task<void> decide(LuaPhases& phases, Phase phase, Exchange& exchange) {
  if (phases.start(phase, exchange) == Step::kSuspended) co_await phases.finish(exchange);
}

class Trial {
 public:
  Trial(WhatIfWorld& world, const WhatIfQuestion& question) : world_(world), question_(question) {}

  Result<std::string> run() {
    auto credential = credential_for();
    if (!credential) return credential.error();
    BenchExchange::Spec spec = request_for(question_);
    if (spec.target.empty()) return Error(ErrorKind::kInvalid, "\"provider\" must be anthropic, gemini, vertex or vertex-claude.");
    spec.headers.emplace_back("x-api-key", *credential);
    auto exchange = BenchExchange::make(spec);
    if (!exchange) return Error(ErrorKind::kInvalid, "No request could look like that: " + exchange.error().message + ".");
    exchange_ = std::move(*exchange);
    auto bench = Workbench::make(world_.settings, world_.map, log_, world_.outside);
    if (!bench) return Error(ErrorKind::kUnavailable, bench.error().describe());
    bench_ = std::move(*bench);
    DryServices services(bench_->services());
    auto phases = LuaPhases::load(world_.policy, vm_options_of(world_.settings), bench_->watched(), services);
    if (!phases) return Error(ErrorKind::kUnavailable, "The policy cannot be loaded: " + phases.error().message);
    ask(**phases);
    (*phases)->forget(*exchange_);
    return boost::json::serialize(boost::json::object{{"client", client_},
                                                      {"steps", std::move(steps_)},
                                                      {"routes", std::move(routes_)},
                                                      {"passed_over", std::move(passed_over_)},
                                                      {"chosen", chosen_}});
  }

 private:
  void say(std::string_view phase, std::string text) { steps_.push_back({{"phase", phase}, {"text", std::move(text)}}); }

  // A credential that stands for the client that was named.
  Result<std::string> credential_for() {
    if (question_.client.empty()) return question_.credential;
    InnerTokens::Bearer bearer;
    for (const Client& client : world_.map->clients) {
      if (client.id == question_.client) bearer.of_map = true;
    }
    if (bearer.of_map) {
      bearer.holder.client.name = question_.client;
    } else {
      auto holder = world_.store.find_holder_by_client(question_.client);
      if (!holder) return Error(ErrorKind::kUnavailable, "The store cannot be used at the moment; try again.");
      if (!*holder) return Error(ErrorKind::kNotFound, "client of that name; for a virtual account, paste one of its tokens as \"credential\"");
      bearer.holder = std::move(**holder);
    }
    lent_ = world_.inner.lend(std::move(bearer));
    return lent_.token();
  }

  // True: the policy goes on.
  bool hook(LuaPhases& phases, Phase phase, std::string_view name) {
    bench_->run(decide(phases, phase, *exchange_));
    tell_log(name);
    const Rejection& rejection = exchange_->rejection;
    if (rejection.status == 0) return true;
    say(name, "refused with " + std::to_string(rejection.status) + ": " + rejection.message);
    return false;
  }

  // What the policy logged meanwhile, and why a hook failed.
  void tell_log(std::string_view name) {
    const std::string text = log_.text();
    std::size_t from = log_read_;
    log_read_ = text.size();
    for (std::size_t end; (end = text.find('\n', from)) != text.npos && logged_ < kMostLogged; from = end + 1) {
      boost::json::error_code failed;
      const boost::json::value line = boost::json::parse(std::string_view(text).substr(from, end - from), failed);
      if (failed || !line.is_object()) continue;
      std::string said;
      for (const std::string_view key : {"message", "reason"}) {
        const auto* value = line.get_object().if_contains(key);
        if (value != nullptr && value->is_string()) said += (said.empty() ? "" : ": ") + std::string(value->get_string());
      }
      ++logged_;
      say(name, "logged: " + said);
    }
  }

  void ask(LuaPhases& phases) {
    const ApiTarget& target = exchange_->target;
    say("request", std::string(exchange_->request->method) + " " + std::string(target.path) + ", in the language " +
                       std::string(to_string(target.dialect)) + ", from " + std::string(exchange_->client_address));
    if (target.operation == Operation::kNone) return say("request", "answered without an upstream: there is nothing at this path");
    if (!target.method_allowed) return say("request", "refused with 405: this path takes " + std::string(target.allow));
    if (!hook(phases, Phase::kAuthenticate, "authenticate")) return;
    tell_identity();
    exchange_->learn_model();
    say("model", exchange_->model.empty() ? "the request names no model" : "the request is for " + in_quotes(exchange_->model));
    if (!hook(phases, Phase::kSelect, "select")) return tell_passed_over();
    order_routes();
    tell_routes();
    tell_passed_over();
    if (!tell_limits()) return;
    exchange_->route = &exchange_->routes.front();
    if (!hook(phases, Phase::kMap, "map")) return;
    say("map", "the provider would see the account's credential in the header " + std::string(exchange_->credential.header));
    const Route& first = exchange_->routes.front();
    chosen_ = first.account ? boost::json::value(first.account->name) : boost::json::value();
  }

  void tell_identity() {
    const Identity& who = *exchange_->identity;
    client_ = who.client;
    std::string text = "the caller is " + who.client + " (" + who.kind + ")";
    if (!who.user_name.empty()) text += ", and " + who.user_name + " pays";
    if (who.service_type != ServiceType::kAny) text += "; only for " + std::string(to_string(who.service_type)) + " paths";
    say("authenticate", std::move(text));
    if (!world_.settings.billing.balances || who.user_id.empty()) return;
    const auto left = world_.store.balance(who.user_id);
    if (!left) return;
    const bool enough = *left > parse_dollars(world_.settings.billing.cutoff).value_or(0);
    say("limits", std::string(enough ? "the balance is " : "would be refused, the balance is ") + "$" + format_dollars(*left));
  }

  HealthView health_of(const Account& account) const {
    return world_.outside.upstreams->health.view(account, exchange_->model);
  }

  // As failover does: who is well comes first, otherwise the policy's order stays.
  void order_routes() {
    std::vector<Route> ordered;
    for (const Fitness fitness : {Fitness::kFit, Fitness::kCooling, Fitness::kOpen, Fitness::kDisabled}) {
      for (const Route& each : exchange_->routes) {
        if ((each.account ? health_of(*each.account).fitness : Fitness::kFit) == fitness) ordered.push_back(each);
      }
    }
    exchange_->routes = std::move(ordered);
  }

  void tell_routes() {
    const Identity& who = *exchange_->identity;
    for (const Route& each : exchange_->routes) {
      boost::json::object shown{{"provider", to_string(each.provider)}};
      std::string why = "chosen by the policy";
      if (each.account) {
        const Account& account = *each.account;
        const ModelRule* rule = account.rule_for(exchange_->model);
        const HealthView health = health_of(account);
        const bool healthy = health.fitness == Fitness::kFit;
        shown["account"] = account.name;
        shown["model"] = !each.model.empty() ? each.model : rule != nullptr && !rule->upstream_model.empty() ? rule->upstream_model : exchange_->model;
        const bool vertex = each.provider == Provider::kVertex || each.provider == Provider::kVertexClaude;
        std::string location = each.location;
        if (location.empty() && rule != nullptr) location = rule->location;
        if (location.empty()) location = exchange_->target.location;
        if (location.empty()) location = "us-central1";
        shown["location"] = vertex ? boost::json::value(location) : boost::json::value();
        shown["healthy"] = healthy;
        shown["weight"] = weight_of(who, account);
        if (rule != nullptr) why = "its rule " + in_quotes(rule->model + (rule->wildcard ? "*" : "")) + " matches";
        if (!healthy) why += "; " + std::string(to_string(health.fitness)) + ", " + std::string(to_string(health.why)) + ", so it is asked last";
      }
      shown["why"] = std::move(why);
      routes_.push_back(std::move(shown));
    }
    say("select", std::to_string(exchange_->routes.size()) + " account(s) may serve it; those of equal health take turns by weight, and a "
                  "conversation that has begun stays with its account while that is well");
  }

  static const std::optional<std::vector<WeightedAccount>>& list_of(const Identity& who, const Account& account) {
    const bool gemini = account.provider == Provider::kVertex || account.provider == Provider::kGemini;
    return gemini ? who.gemini_accounts : who.claude_accounts;
  }

  static int weight_of(const Identity& who, const Account& account) {
    if (const auto& list = list_of(who, account)) {
      for (const WeightedAccount& each : *list) {
        if (each.name == account.name) return each.weight;
      }
    }
    return 1;
  }

  // Every other account, and what speaks against it.
  void tell_passed_over() {
    const Identity& who = *exchange_->identity;
    for (const auto& account : world_.map->accounts) {
      const bool routed = std::any_of(exchange_->routes.begin(), exchange_->routes.end(), [&](const Route& each) {
        return each.account && each.account->name == account->name && each.account->provider == account->provider;
      });
      if (routed) continue;
      const auto& list = list_of(who, *account);
      const bool listed = !list || std::any_of(list->begin(), list->end(), [&](const WeightedAccount& each) { return each.name == account->name; });
      std::string why;
      if (!who.allows(account->provider)) {
        why = "the caller may not be served by " + std::string(to_string(account->provider));
      } else if (!listed) {
        why = "the caller's list of accounts does not name it";
      } else if (!exchange_->model.empty() && account->rule_for(exchange_->model) == nullptr) {
        why = "none of its model rules matches " + in_quotes(exchange_->model);
      } else {
        why = "the policy did not choose it for requests in the language " + std::string(to_string(exchange_->target.dialect));
      }
      passed_over_.push_back({{"account", account->name}, {"provider", to_string(account->provider)}, {"why", why}});
    }
  }

  // False: one of them would refuse.
  bool tell_limits() {
    const Identity& who = *exchange_->identity;
    Demand demand;
    demand.expected.input_tokens = demand.expected.output_tokens = 1;
    for (const TermsLevel& each : who.levels) {
      LevelDemand level;
      level.level = level_of(each.level);
      level.id = each.id;
      level.name = each.title;
      level.limits = each.terms->limits;
      level.shadow = each.terms->shadow;
      demand.add(level);
    }
    const Account* account = exchange_->routes.front().account.get();
    if (account != nullptr) {
      LevelDemand level;
      level.level = LimitLevel::kAccount;
      level.id = level.name = account->name;
      level.limits = account->limits;
      demand.add(level);
    }
    LimitChecks checks = limit_checks_of(demand, 1);
    std::int64_t now_ms = 0;
    world_.limits.look(demand, checks, now_ms);
    bool allowed = true;
    for (const LimitCheck& check : checks) {
      const LevelDemand& level = demand.levels[check.level];
      std::string text = std::string(to_string(level.level)) + " " + std::string(level.name) + ": " + std::string(to_string(check.kind)) + ", " +
                         amount_text(check.kind, check.used) + " of " + amount_text(check.kind, check.capacity) + " used";
      const bool shadowed = is_shadowed(demand, check);
      if (!check.fits) {
        text += shadowed ? "; would refuse, but only watches" : "; would refuse";
        if (check.resets_at_ms > 0) text += " until " + rfc3339((check.resets_at_ms + 999) / 1000);
      }
      allowed = allowed && (check.fits || shadowed);
      say("limits", std::move(text));
    }
    return allowed;
  }

  WhatIfWorld& world_;
  const WhatIfQuestion& question_;
  MemorySink log_;
  std::size_t log_read_ = 0, logged_ = 0;
  InnerTokens::Lent lent_;
  std::unique_ptr<BenchExchange> exchange_;
  std::unique_ptr<Workbench> bench_;
  std::string client_;
  boost::json::array steps_, routes_, passed_over_;
  boost::json::value chosen_;
};

}  // namespace

Result<std::string> answer_what_if(WhatIfWorld world, const WhatIfQuestion& question) { return Trial(world, question).run(); }

}  // namespace moongate
