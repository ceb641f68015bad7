#include "app/account_trial.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <span>

namespace moongate {
namespace {

constexpr int kTimeoutMs = 10'000;
constexpr std::size_t kMaxAnswer = 1u << 20;
constexpr std::size_t kMaxReason = 300;
constexpr std::string_view kGemini[] = {"gemini-2.5-flash", "gemini-2.5-flash-lite", "gemini-2.0-flash", "gemini-2.5-pro"};
constexpr std::string_view kClaude[] = {"claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-1"};

struct Question {
  FetchRequest request;
  std::string model, location;
};

// A model that the account serves, as its provider calls it.
void choose_model(const Account& account, Question& question, const ModelRule*& rule) {
  const bool claude = account.provider == Provider::kVertexClaude || account.provider == Provider::kAnthropic;
  std::string name;
  for (const std::string_view each : claude ? std::span<const std::string_view>(kClaude) : std::span<const std::string_view>(kGemini)) {
    if (account.rule_for(each) == nullptr) continue;
    name = each;
    break;
  }
  for (const ModelRule& each : account.models) {
    if (name.empty() && !each.model.empty()) name = each.model;
  }
  rule = account.rule_for(name);
  question.model = rule != nullptr && !rule->upstream_model.empty() ? rule->upstream_model : name;
  question.location = rule != nullptr && !rule->location.empty() ? rule->location : "us-central1";
}

Question question_for(const Account& account) {
  Question question;
  const ModelRule* rule = nullptr;
  choose_model(account, question, rule);
  FetchRequest& request = question.request;
  const Credential& credential = *account.credential;
  request.timeout_ms = kTimeoutMs;
  request.max_bytes = kMaxAnswer;
  request.endpoint = rule != nullptr && rule->endpoint ? *rule->endpoint
                     : credential.base_url             ? *credential.base_url
                                                       : Endpoint{default_host(account.provider, question.location), 443, true, {}};
  const std::string place = "/v1/projects/" + credential.project_id + "/locations/" + question.location + "/publishers/";
  switch (account.provider) {
    case Provider::kAnthropic:
      request.target = "/v1/models?limit=1";
      request.headers = {{"x-api-key", credential.api_key.reveal()}, {"anthropic-version", "2023-06-01"}};
      break;
    case Provider::kGemini:
      request.target = "/v1beta/models?pageSize=1";
      request.headers = {{"x-goog-api-key", credential.api_key.reveal()}};
      break;
    case Provider::kVertex:
      request.target = place + "google/models/" + question.model + ":countTokens";
      request.body = R"({"contents":[{"role":"user","parts":[{"text":"1"}]}]})";
      break;
    case Provider::kVertexClaude:
      request.target = place + "anthropic/models/count-tokens:rawPredict";
      request.body = boost::json::serialize(boost::json::object{
          {"anthropic_version", "vertex-2023-10-16"},
          {"model", question.model},
          {"messages", {{{"role", "user"}, {"content", "1"}}}}});
      break;
  }
  request.headers.emplace_back("Accept", "application/json");
  if (!request.body.empty()) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/json");
  }
  return question;
}

// The provider's own words, cut.
std::string reason_in(const std::string& body) {
  boost::json::error_code failed;
  const boost::json::value parsed = boost::json::parse(body, failed);
  const auto* error = !failed && parsed.is_object() ? parsed.get_object().if_contains("error") : nullptr;
  const auto* message = error != nullptr && error->is_object() ? error->get_object().if_contains("message") : nullptr;
  if (message == nullptr || !message->is_string()) return {};
  std::string text(message->get_string());
  if (text.size() > kMaxReason) text = text.substr(0, text.find_first_of(" \n", kMaxReason - 60)) + " …";
  return " It says: " + text;
}

std::string meaning(const Account& account, const Question& question, int status) {
  const bool google = account.credential->kind == CredentialKind::kGoogleServiceAccount;
  const std::string who = google ? account.credential->client_email : "this key";
  switch (status) {
    case 200: return "The provider answered and takes the credential.";
    case 401: return google ? "The provider refuses the access token of " + who + "; look whether the service account is disabled."
                            : "The provider refuses this key; make a new one there and put it in.";
    case 402: return "The account's credit is used up; top it up at the provider.";
    case 403:
      return google ? "The provider does not let " + who + " in: enable the Vertex AI API in project " + account.credential->project_id +
                          ", and grant the service account the role Vertex AI User" +
                          (account.provider == Provider::kVertexClaude ? ", and enable the model in the Model Garden." : ".")
                    : "The provider does not let this key do that; look at its restrictions there.";
    case 404:
      return google ? "The credential works, but there is no model " + question.model + " for this project in " + question.location +
                          "; set \"location\" or \"models\" of the account."
                    : "The credential was not looked at: the host has no such path; look at base_url or \"domain\".";
    case 429: return "The credential works; its quota at the provider is used up at the moment.";
    default:
      return status >= 500 ? "The provider is in trouble (HTTP " + std::to_string(status) + "); try again later."
                           : "The provider answered HTTP " + std::to_string(status) + ".";
  }
}

}  // namespace

Task<AccountTest> try_account(Worker& worker, std::shared_ptr<const Account> account) {
  const Clock& clock = worker.gateway.clock;
  const std::int64_t began_ms = clock.mono_ms();
  AccountTest result;
  Question question = question_for(*account);
  if (account->credential->kind == CredentialKind::kGoogleServiceAccount) {
    const auto token = co_await worker.gateway.tokens.token(worker.reactor, worker.pool, account->credential,
                                                            worker.cache_is_shared ? worker.cache : nullptr);
    if (!token) {
      result.latency_ms = clock.mono_ms() - began_ms;
      result.message = "No access token could be had: " + token.error().describe() + ".";
      co_return result;
    }
    question.request.headers.emplace_back("Authorization", (*token)->bearer.reveal());
  }
  const std::string host = question.request.endpoint.authority();
  const auto answer = co_await fetch(worker.reactor, worker.pool, std::move(question.request));
  result.latency_ms = clock.mono_ms() - began_ms;
  if (!answer) {
    result.message = host + " could not be asked: " + answer.error().describe() + ". Look at the network, a proxy in between, or \"domain\" and base_url.";
    co_return result;
  }
  result.ok = answer->status == 200;
  result.message = meaning(*account, question, answer->status);
  if (!result.ok) result.message += reason_in(answer->body);
  co_return result;
}

}  // namespace moongate
