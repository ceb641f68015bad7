#include "control/admin_map.h"

#include <boost/json/array.hpp>

#include "config/file_read.h"
#include "config/map_text.h"
#include "control/admin_input.h"
#include "control/admin_versions.h"
#include "control/map_mask.h"
#include "control/map_schema.h"
#include "control/replaced_file.h"

namespace moongate {
namespace {

constexpr std::string_view kKind = "map";
constexpr std::size_t kMaxBody = 6u << 20;
constexpr std::size_t kMaxNote = 400;
constexpr unsigned kSecretFileMode = 0600;

MapMask mask_of(const AdminParts& parts) { return MapMask(parts.hooks.configuration.mask_key); }
const std::string& map_file(const AdminParts& parts) { return parts.options.settings.map.file; }

HttpResponse unreadable(const AdminParts& parts, const Error& error) {
  return api_error(error.kind == ErrorKind::kNotFound ? 404 : 409, error.kind == ErrorKind::kNotFound ? "NOT_FOUND" : "FAILED_PRECONDITION",
                   "The map " + map_file(parts) + " " + error.message + ".");
}

boost::json::array problem_list(const std::vector<Problem>& problems) {
  boost::json::array list;
  for (const bool warnings : {false, true}) {
    for (const Problem& each : problems) {
      if (each.warning != warnings) continue;
      list.push_back({{"file", each.file}, {"line", each.line}, {"column", each.column}, {"path", each.path},
                      {"message", each.message}, {"warning", each.warning}});
    }
  }
  return list;
}

std::vector<Problem> problems_of(const AdminParts& parts, std::string_view text) {
  std::vector<Problem> problems;
  const AmbientCredentials ambient =
      parts.hooks.configuration.ambient ? parts.hooks.configuration.ambient() : AmbientCredentials();
  load_map_text(parts.options.settings, ambient, text, problems, parts.options.map_hooks);
  return problems;
}

// What is wrong with a masked text, with places in the masked text.
struct Looked {
  MapMask::Restored restored;
  std::vector<Problem> problems;
};
Looked look_at(const AdminParts& parts, std::string_view edited, std::string_view original) {
  Looked looked{mask_of(parts).restore(edited, original), {}};
  looked.problems = looked.restored.problems;
  for (Problem& each : looked.problems) each.file = map_file(parts);
  for (Problem& each : problems_of(parts, looked.restored.text)) {
    if (each.file == map_file(parts)) each.column = looked.restored.shown_column(each.line, each.column);
    looked.problems.push_back(std::move(each));
  }
  return looked;
}

HttpResponse refused_for(std::string_view message, const std::vector<Problem>& problems) {
  return json_reply(400, {{"error",
                           {{"code", 400},
                            {"message", message},
                            {"status", "INVALID_ARGUMENT"},
                            {"problems", problem_list(problems)}}}});
}

HttpResponse changed_meanwhile() {
  return api_error(409, "ABORTED", "The map has been changed meanwhile; GET it again, and make your change there.");
}

HttpResponse not_written(const Error& error) {
  if (error.kind == ErrorKind::kCanceled) return changed_meanwhile();
  return api_error(error.kind == ErrorKind::kForbidden ? 409 : 503,
                   error.kind == ErrorKind::kForbidden ? "FAILED_PRECONDITION" : "UNAVAILABLE", error.message + ".");
}

// Puts the text in the file's place and has it taken over; what cannot be taken over is put back.
HttpResponse activate(AdminParts& parts, const AdminCall& call, std::string_view before, std::string_view text,
                      const std::vector<Problem>& problems, const std::string& action, const std::string& why) {
  if (!parts.hooks.configuration.reload_map) return api_error(501, "UNIMPLEMENTED", "This process serves no map.");
  if (Status written = replace_file(map_file(parts), text, before, kSecretFileMode); !written) return not_written(written.error());
  if (Status taken = parts.hooks.configuration.reload_map(); !taken) {
    const Status back = replace_file(map_file(parts), before, text, kSecretFileMode);
    if (back) static_cast<void>(parts.hooks.configuration.reload_map());
    return api_error(409, "FAILED_PRECONDITION",
                     "The gateway did not take the map over" + std::string(back ? " and the file is as it was: " : ", and the file could not be put back: ") +
                         taken.error().describe());
  }
  keep_version(parts, kKind, text, call.actor, why);
  const std::string etag = mask_of(parts).etag(text);
  note(parts, call, action, map_file(parts), {{"etag", etag}, {"bytes", text.size()}, {"note", why}});
  return json_reply(200, {{"etag", etag},
                          {"active", true},
                          {"version", std::to_string(version_of_digest(parts, kKind, version_digest(kKind, text)))},
                          {"problems", problem_list(problems)}});
}

// Runs without a reload in between: whoever looks at the file meanwhile would take it for a change by hand.
HttpResponse undisturbed(const AdminParts& parts, const std::function<HttpResponse()>& work) {
  if (!parts.hooks.configuration.undisturbed) return work();
  HttpResponse answer;
  parts.hooks.configuration.undisturbed([&] { answer = work(); });
  return answer;
}

}  // namespace

HttpResponse show_map(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
  if (!file) return unreadable(parts, file.error());
  const std::string shown = mask_of(parts).mask(file->text);
  const Looked looked = look_at(parts, shown, file->text);  // so that the places are those of what is shown
  return json_reply(200, {{"text", shown},
                          {"etag", mask_of(parts).etag(file->text)},
                          {"file", map_file(parts)},
                          {"problems", problem_list(looked.problems)}});
}

HttpResponse check_map(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"text"}, kMaxBody);
  const std::string text = body.document("text", kMaxMapBytes, "put the map's text there");
  if (auto refused = body.refusal()) return std::move(*refused);
  const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
  const Looked looked = look_at(parts, text, file ? std::string_view(file->text) : std::string_view());
  return json_reply(200, {{"valid", !has_errors(looked.problems)}, {"problems", problem_list(looked.problems)}});
}

HttpResponse replace_map(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"text", "base", "note"}, kMaxBody);
  const std::string text = body.document("text", kMaxMapBytes, "put the map's text there");
  const std::string base = body.required_text("base", 64, "put the etag there that GET map gave");
  const std::string why = body.text_or_empty("note", kMaxNote);
  if (auto refused = body.refusal()) return std::move(*refused);
  return undisturbed(parts, [&] {
    const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
    if (!file) return unreadable(parts, file.error());
    if (mask_of(parts).etag(file->text) != base) return changed_meanwhile();
    const Looked looked = look_at(parts, text, file->text);
    if (has_errors(looked.problems)) return refused_for("The map has errors; nothing was changed.", looked.problems);
    return activate(parts, call, file->text, looked.restored.text, looked.problems, "map.change", why);
  });
}

HttpResponse show_map_schema(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  return json_reply(200, map_schema());
}

HttpResponse list_map_versions(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
  return versions_reply(parts, kKind, file ? version_digest(kKind, file->text) : std::string());
}

HttpResponse show_map_version(AdminParts& parts, const AdminCall& call) {
  const OrReply<OpenedVersion> found = open_version(parts, kKind, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& version = std::get<OpenedVersion>(found);
  return json_reply(200, {{"id", std::to_string(version.record.id)}, {"text", mask_of(parts).mask(version.content)}});
}

HttpResponse restore_map_version(AdminParts& parts, const AdminCall& call) {
  AdminBody body(call.request, {"base", "note"});
  const std::string base = body.text_or_empty("base", 64);
  const std::string why = body.text_or_empty("note", kMaxNote);
  if (auto refused = body.refusal()) return std::move(*refused);
  const OrReply<OpenedVersion> found = open_version(parts, kKind, call.name);
  if (const auto* refused = std::get_if<HttpResponse>(&found)) return *refused;
  const auto& version = std::get<OpenedVersion>(found);
  return undisturbed(parts, [&] {
    const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
    if (!file) return unreadable(parts, file.error());
    if (!base.empty() && mask_of(parts).etag(file->text) != base) return changed_meanwhile();
    const std::vector<Problem> problems = problems_of(parts, version.content);
    if (has_errors(problems)) {
      return refused_for("This version has errors now (a key file may have gone); nothing was changed.", problems);
    }
    const std::string said = "version " + std::to_string(version.record.id) + " again" + (why.empty() ? "" : ": " + why);
    return activate(parts, call, file->text, version.content, problems, "map.restore", said);
  });
}

void keep_found_map(const AdminParts& parts) {
  const auto file = read_whole_file(map_file(parts), kMaxMapBytes);
  if (file) keep_found_version(parts, kKind, file->text);
}

}  // namespace moongate
