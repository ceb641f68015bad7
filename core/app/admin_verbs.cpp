#include "app/admin_verbs.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

namespace moongate {
namespace {

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// What went wrong, in the answer's words.
std::string refusal(const HttpResponse& response, const boost::json::value& json, const std::string& peer) {
  if (const auto* object = json.if_object()) {
    const auto* error = object->if_contains("error");
    const auto* message = error != nullptr && error->is_object() ? error->get_object().if_contains("message") : nullptr;
    if (message != nullptr && message->is_string()) return std::string(message->get_string());
  }
  return peer + " answered " + std::to_string(response.status) + "; is that Moongate's control port?";
}

}  // namespace

std::optional<AdminDesk::Answer> AdminDesk::ask(std::string method, const std::string& path, const std::string& query,
                                                const boost::json::object* body) {
  HttpRequest request;
  request.method = std::move(method);
  request.path = "/api/admin/" + path;
  request.query = query;
  if (body != nullptr) request.body = boost::json::serialize(*body);
  Result<HttpResponse> response = link_.send(std::move(request));
  if (!response) {
    fail(response.error().describe());
    return std::nullopt;
  }
  boost::json::error_code failed;
  const boost::json::value json = response->body.empty() ? boost::json::value(boost::json::object())
                                                         : boost::json::parse(response->body, failed);
  const bool csv = find_header(response->headers, "Content-Type").starts_with("text/csv");
  if (response->status < 200 || response->status > 299 || (!csv && (failed || !json.is_object()))) {
    fail(refusal(*response, failed ? boost::json::value() : json, link_.peer()));
    return std::nullopt;
  }
  return Answer{csv ? boost::json::object() : json.get_object(), std::move(response->body)};
}

int AdminDesk::show(const Answer& answer, const TextTable& table) const {
  if (format_ == "json") {
    print(answer.body + "\n");
  } else {
    print(format_ == "csv" ? table.csv() : table.aligned());
  }
  return kExitDone;
}

int AdminDesk::show(const Answer& answer) const {
  TextTable table({{"WHAT"}, {"VALUE"}});
  for (const auto& [name, value] : answer.json) table.add({std::string(name), cell(answer.json, name)});
  return show(answer, table);
}

void AdminDesk::say(const std::string& line) const { std::fprintf(stderr, "%s\n", line.c_str()); }

int AdminDesk::fail(const std::string& message) const {
  std::fprintf(stderr, "moongate: %s\n", message.c_str());
  return kExitFailed;
}

int run_admin_verb(AdminVerb verb, const AdminWords& words) {
  auto link = open_admin_link(words.access);
  if (!link) {
    std::fprintf(stderr, "moongate: %s\n", link.error().describe().c_str());
    return kExitFailed;
  }
  AdminDesk desk(**link, words.format);
  return verb(desk, words);
}

std::string admin_path(std::string_view collection, std::string_view name, std::string_view more) {
  return std::string(collection) + "/" + url_encode(name) + std::string(more);
}

std::string admin_query(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::string query;
  for (const auto& [name, value] : pairs) {
    if (!value.empty()) query += (query.empty() ? "" : "&") + std::string(name) + "=" + url_encode(value);
  }
  return query;
}

std::string cell(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return "";
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  if (value->is_string()) return std::string(value->get_string());
  return boost::json::serialize(*value);
}

bool add_terms(const AdminDesk& desk, const AdminWords& words, boost::json::object& body) {
  boost::json::object terms, limits;
  const auto list = [&](std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    boost::json::array array;
    for (const std::string& value : values) array.emplace_back(value);
    terms[name] = std::move(array);
  };
  list("providers", words.providers);
  list("models", words.models);
  list("ip_allow", words.addresses);
  for (const std::string& limit : words.limits) {
    const std::size_t equals = limit.find('=');
    if (equals == limit.npos || equals == 0 || equals + 1 == limit.size()) {
      desk.fail("--limit " + limit + ": write --limit requests_per_minute=60");
      return false;
    }
    const std::string name = limit.substr(0, equals), value = limit.substr(equals + 1);
    const bool digits = value.size() <= 18 && std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && !name.starts_with("cost")) {
      limits[name] = std::stoll(value);
    } else {
      limits[name] = value;
    }
  }
  if (!limits.empty()) terms["limits"] = std::move(limits);
  if (words.shadow) terms["shadow"] = true;
  if (!words.markup.empty()) terms["markup"] = words.markup;
  if (!terms.empty() || words.clear_terms) body["terms"] = std::move(terms);
  return true;
}

}  // namespace moongate
