// The admin API's part for work that takes long.
#pragma once

#include "control/admin_parts.h"
#include "control/job_registry.h"

namespace moongate {

HttpResponse list_jobs(AdminParts& parts, const AdminCall& call);
HttpResponse show_job(AdminParts& parts, const AdminCall& call);

// 202 with the job, or why it cannot run.
HttpResponse job_started(const AdminParts& parts, const Result<std::string>& id);
// The call as far as note() needs it, for a job that outlives the request.
struct OutlivingCall {
  explicit OutlivingCall(const AdminCall& call) : actor(call.actor), actor_id(call.actor_id) { request.remote_address = call.request.remote_address; }
  AdminCall call() const { return {request, {}, actor, actor_id}; }
  HttpRequest request;
  std::string actor, actor_id;
};

}  // namespace moongate
