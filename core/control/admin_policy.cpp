#include "control/admin_policy.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "control/admin_input.h"
#include "control/admin_jobs.h"
#include "control/admin_versions.h"
#include "control/policy_folder.h"

namespace moongate {
namespace {

constexpr std::string_view kKind = "policy";
constexpr std::size_t kMaxBody = 6u << 20;
constexpr std::size_t kMaxNote = 400;

const std::string& folder_of(const AdminParts& parts) { return parts.options.settings.policy.dir; }

HttpResponse not_here() { return api_error(501, "UNIMPLEMENTED", "This process runs no policy."); }
HttpResponse unreadable(const Error& error) {
  return api_error(409, "FAILED_PRECONDITION", "The policy cannot be read: " + error.message + ".");
}
HttpResponse changed_meanwhile() {
  return api_error(409, "ABORTED", "The policy has been changed meanwhile; GET it again, and make your change there.");
}

std::string content_of(const PolicyFiles& files) {
  boost::json::object object;
  for (const auto& [name, text] : files) object[name] = text;
  return boost::json::serialize(object);
}

// {name: text}, or {name: null} for one that goes, applied to `files`.
void apply_edits(AdminBody& body, PolicyFiles& files) {
  const auto given = body.object("files");
  if (!given) return body.refuse("\"files\" is missing: {\"route.lua\": \"…\"}, with null for a file that shall go.");
  boost::json::error_code failed;
  const boost::json::value parsed = boost::json::parse(*given, failed);
  if (failed || !parsed.is_object()) return body.refuse("\"files\" must be an object of names and texts.");
  std::size_t bytes = 0;
  for (const auto& [key, value] : parsed.get_object()) {
    const std::string name(key);
    if (const std::string fault = policy_name_fault(name); !fault.empty()) {
      return body.refuse("The name of a file in \"files\" " + fault + ".");
    }
    if (value.is_null()) {
      files.erase(name);
    } else if (!value.is_string()) {
      return body.refuse("\"files\"." + name + " must be its text, or null.");
    } else if (value.get_string().size() > kMaxPolicyFile) {
      return body.refuse("\"files\"." + name + " is larger than 1 MiB.");
    } else {
      files[name] = std::string(value.get_string());
    }
  }
  for (const auto& [name, text] : files) bytes += text.size();
  if (files.size() > kMaxPolicyFiles || bytes > kMaxPolicyBytes) body.refuse("The policy would be more than 512 files or 4 MiB.");
}

boost::json::array problem_list(const std::vector<PolicyProblem>& problems) {
  boost::json::array list;
  for (const PolicyProblem& each : problems) list.push_back({{"file", each.file}, {"line", each.line}, {"message", each.message}});
  return list;
}

HttpResponse undisturbed(const AdminParts& parts, const std::function<HttpResponse()>& work) {
  if (!parts.hooks.configuration.undisturbed) return work();
  HttpResponse answer;
  parts.hooks.configuration.undisturbed([&] { answer = work(); });
  return answer;
}

HttpResponse activate(AdminParts& parts, const AdminCall& call, const PolicyFiles& before, const PolicyFiles& files,
                      const std::string& action, const std::string& why) {
  const auto problems = parts.hooks.configuration.check_policy(files);
  if (!problems.empty()) {
    return json_reply(400, {{"error",
                             {{"code", 400},
                              {"message", "The policy cannot be loaded; nothing was changed."},
                              {"status", "INVALID_ARGUMENT"},
                              {"problems", problem_list(problems)}}}});
  }
  const Status done = parts.hooks.configuration.activate_policy(
      files, [&] { return write_policy_folder(folder_of(parts), before, files); });
  if (!done) {
    if (done.error().kind == ErrorKind::kCanceled) return changed_meanwhile();
    return api_error(409, "FAILED_PRECONDITION", "The old policy keeps serving: " + done.error().describe() + ".");
  }
  const std::string content = content_of(files);
  keep_version(parts, kKind, content, call.actor, why);
  std::string changed;
  for (const auto& [name, text] : files) {
    const auto old = before.find(name);
    if (old == before.end() || old->second != text) changed += (changed.empty() ? "" : " ") + name;
  }
  for (const auto& [name, text] : before) {
    if (!files.contains(name)) changed += (changed.empty() ? "-" : " -") + name;
  }
  constexpr std::size_t kNamed = 1000;
  note(parts, call, action, folder_of(parts), {{"files", changed.substr(0, kNamed)}, {"note", why}});
  return json_reply(200, {{"etag", policy_etag(files)},
                          {"active", true},
                          {"version", std::to_string(version_of_digest(parts, kKind, version_digest(kKind, content)))},
                          {"message", "Every worker has loaded it and serves by it."}});
}

std::optional<PolicyFiles> files_of(std::string_view content) {
  boost::json::error_code failed;
  const boost::json::value parsed = boost::json::parse(content, failed);
  if (failed || !parsed.is_object()) return std::nullopt;
  PolicyFiles files;
  for (const auto& [name, text] : parsed.get_object()) {
    if (!text.is_string() || !policy_name_fault(std::string(name)).empty()) return std::nullopt;
    files[std::string(name)] = std::string(text.get_string());
  }
  return files;
}

bool can_activate(const AdminParts& parts) {
  return parts.hooks.configuration.activate_policy && parts.hooks.configuration.check_policy;
}

}  // namespace

HttpResponse show_policy(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto files = read_policy_folder(folder_of(parts));
  if (!files) return unreadable(files.error());
  boost::json::array list;
  for (const auto& [name, text] : *files) list.push_back({{"name", name}, {"bytes", text.size()}, {"text", text}});
  boost::json::object answer{{"etag", policy_etag(*files)}, {"folder", folder_of(parts)}, {"files", std::move(list)}};
  const std::int64_t version = version_of_digest(parts, kKind, version_digest(kKind, content_of(*files)));
  answer["active_version"] = version == 0 ? boost::json::value() : boost::json::value(std::to_string(version));
  return json_reply(200, answer);
}

HttpResponse check_policy(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.check_policy) return not_here();
  AdminBody body(call.request, {"files"}, kMaxBody);
  auto files = read_policy_folder(folder_of(parts));
  if (!files) return unreadable(files.error());
  apply_edits(body, *files);
  if (auto refused = body.refusal()) return std::move(*refused);
  const auto problems = parts.hooks.configuration.check_policy(*files);
  return json_reply(200, {{"valid", problems.empty()}, {"problems", problem_list(problems)}});
}

HttpResponse test_policy(AdminParts& parts, const AdminCall& call) {
  if (!parts.hooks.configuration.test_policy) return not_here();
  AdminQuery query(call.request, {"background"});
  const bool background = query.choice("background", {"false", "true"}) == "true";
  if (auto refused = query.refusal()) return std::move(*refused);
  AdminBody body(call.request, {"files"}, kMaxBody);
  auto files = read_policy_folder(folder_of(parts));
  if (!files) return unreadable(files.error());
  if (body.has("files")) apply_edits(body, *files);
  if (auto refused = body.refusal()) return std::move(*refused);
  if (background) {
    return job_started(parts, parts.jobs->start("policy test", call.actor,
                                               [&parts, files = std::move(*files)](const JobRegistry::Progress&) -> Result<JobRegistry::Outcome> {
                                                 const auto done = parts.hooks.configuration.test_policy(files);
                                                 if (!done) return done.error();
                                                 return JobRegistry::Outcome{
                                                     std::to_string(done->passed) + " passed, " + std::to_string(done->failed) + " failed",
                                                     boost::json::serialize(boost::json::object{
                                                         {"passed", done->passed}, {"failed", done->failed}, {"output", done->output}})};
                                               }));
  }
  const Result<PolicyTestResult> result = parts.hooks.configuration.test_policy(*files);
  if (!result) return api_error(429, "RESOURCE_EXHAUSTED", result.error().message);
  return json_reply(200, {{"passed", result->passed}, {"failed", result->failed}, {"output", result->output}});
}

HttpResponse replace_policy(AdminParts& parts, const AdminCall& call) {
  if (!can_activate(parts)) return not_here();
  AdminBody body(call.request, {"files", "base", "note"}, kMaxBody);
  const std::string base = body.required_text("base", 64, "put the etag there that GET policy gave");
  const std::string why = body.text_or_empty("note", kMaxNote);
  return undisturbed(parts, [&] {
    const auto before = read_policy_folder(folder_of(parts));
    if (!before) return unreadable(before.error());
    PolicyFiles files = *before;
    apply_edits(body, files);
    if (auto refused = body.refusal()) return std::move(*refused);
    if (policy_etag(*before) != base) return changed_meanwhile();
    return activate(parts, call, *before, files, "policy.change", why);
  });
}

HttpResponse list_policy_versions(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto files = read_policy_folder(folder_of(parts));
  return versions_reply(parts, kKind, files ? version_digest(kKind, content_of(*files)) : std::string());
}

HttpResponse show_policy_version(AdminParts& parts, const AdminCall& call) {
  const OrReply<OpenedVersion> found = open_version(parts, kKind, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& version = std::get<OpenedVersion>(found);
  const auto files = files_of(version.content);
  if (!files) return api_error(500, "INTERNAL", "This version cannot be read.");
  boost::json::array list;
  for (const auto& [name, text] : *files) list.push_back({{"name", name}, {"bytes", text.size()}, {"text", text}});
  return json_reply(200, {{"id", std::to_string(version.record.id)}, {"files", std::move(list)}});
}

HttpResponse activate_policy_version(AdminParts& parts, const AdminCall& call) {
  if (!can_activate(parts)) return not_here();
  AdminBody body(call.request, {"base", "note"});
  const std::string base = body.text_or_empty("base", 64);
  const std::string why = body.text_or_empty("note", kMaxNote);
  if (auto refused = body.refusal()) return std::move(*refused);
  const OrReply<OpenedVersion> found = open_version(parts, kKind, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& version = std::get<OpenedVersion>(found);
  const auto files = files_of(version.content);
  if (!files) return api_error(500, "INTERNAL", "This version cannot be read.");
  return undisturbed(parts, [&] {
    const auto before = read_policy_folder(folder_of(parts));
    if (!before) return unreadable(before.error());
    if (!base.empty() && policy_etag(*before) != base) return changed_meanwhile();
    const std::string said = "version " + std::to_string(version.record.id) + " again" + (why.empty() ? "" : ": " + why);
    return activate(parts, call, *before, *files, "policy.restore", said);
  });
}

void keep_found_policy(const AdminParts& parts) {
  const auto files = read_policy_folder(folder_of(parts));
  if (files) keep_found_version(parts, kKind, content_of(*files));
}

}  // namespace moongate
