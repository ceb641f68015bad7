#include "control/admin_jobs.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "control/admin_input.h"
#include "control/admin_views.h"

namespace moongate {
namespace {

boost::json::object job_view(const JobRegistry::View& job, bool whole) {
  boost::json::object view{{"id", job.id},
                           {"kind", job.kind},
                           {"state", job.state},
                           {"actor", job.actor},
                           {"done", job.done},
                           {"total", job.total},
                           {"message", job.message},
                           {"started_at", time_view(job.started_at_s)},
                           {"ended_at", time_view(job.ended_at_s)}};
  if (!whole || job.result.empty()) return view;
  boost::json::error_code failed;
  boost::json::value result = boost::json::parse(job.result, failed);
  if (!failed) view["result"] = std::move(result);
  return view;
}

}  // namespace

HttpResponse list_jobs(AdminParts& parts, const AdminCall& call) {
  AdminQuery query(call.request, {});
  if (auto refused = query.refusal()) return std::move(*refused);
  boost::json::array list;
  for (const JobRegistry::View& job : parts.jobs->list()) list.push_back(job_view(job, false));
  return json_reply(200, {{"jobs", std::move(list)}});
}

HttpResponse show_job(AdminParts& parts, const AdminCall& call) {
  const auto job = parts.jobs->find(call.name);
  return job ? json_reply(200, job_view(*job, true)) : not_found("job");
}

HttpResponse job_started(const AdminParts& parts, const Result<std::string>& id) {
  if (!id) return api_error(429, "RESOURCE_EXHAUSTED", id.error().message);
  const auto job = parts.jobs->find(*id);
  HttpResponse answer = json_reply(202, job ? job_view(*job, true) : boost::json::object{{"id", *id}});
  set_header(answer, "Location", "/api/admin/jobs/" + *id);
  return answer;
}

}  // namespace moongate
