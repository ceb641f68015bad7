#include <future>

#include "control/job_registry.h"
#include "unit/control/admin_fixture.h"

namespace moongate {
namespace {

struct Jobs : AdminTest {
  // Ended, and how.
  static JobRegistry::View ended(const JobRegistry& jobs, const std::string& id) {
    JobRegistry::View view = jobs.find(id).value();
    while (view.state == "running") {
      std::this_thread::yield();
      view = jobs.find(id).value();
    }
    return view;
  }
};

TEST_F(Jobs, TellHowFarTheyAreAndWhatCameOut) {
  JobRegistry jobs(clock, random);
  std::promise<void> halfway, go_on;
  const std::string id = jobs.start("backup", "ada", [&](const JobRegistry::Progress& progress) -> Result<JobRegistry::Outcome> {
                               progress(1, 2);
                               halfway.set_value();
                               go_on.get_future().wait();
                               return JobRegistry::Outcome{"all well", "{\"n\":1}"};
                             }).value();
  halfway.get_future().wait();
  EXPECT_EQ(jobs.find(id)->done, 1);
  EXPECT_EQ(jobs.find(id)->total, 2);
  const auto second = jobs.start("backup", "bob", [](const auto&) -> Result<JobRegistry::Outcome> { return JobRegistry::Outcome{}; });
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("under way"), std::string::npos);
  go_on.set_value();
  const JobRegistry::View view = ended(jobs, id);
  EXPECT_EQ(view.state + " " + view.message + " " + view.result + " " + view.actor, "done all well {\"n\":1} ada");
  EXPECT_EQ(jobs.list().size(), 1U);
  EXPECT_FALSE(jobs.find("j-unknown"));
}

TEST_F(Jobs, ThatFailSayWhy) {
  JobRegistry jobs(clock, random);
  const std::string id = jobs.start("backup", "ada", [](const auto&) -> Result<JobRegistry::Outcome> {
                               return Error(ErrorKind::kUnavailable, "the disk is full");
                             }).value();
  EXPECT_EQ(ended(jobs, id).message, "the disk is full");
  EXPECT_EQ(jobs.find(id)->state, "failed");
}

TEST_F(Jobs, EndWithTheProcess) {
  auto jobs = std::make_unique<JobRegistry>(clock, random);
  bool told = false;
  std::promise<void> begun;
  static_cast<void>(jobs->start("endless", "ada", [&](const JobRegistry::Progress& progress) -> Result<JobRegistry::Outcome> {
    begun.set_value();
    while (progress(0, 0)) std::this_thread::yield();
    told = true;
    return JobRegistry::Outcome{};
  }));
  begun.get_future().wait();
  jobs.reset();
  EXPECT_TRUE(told);
}

TEST_F(Jobs, AreForgottenWhenThereAreMany) {
  JobRegistry jobs(clock, random);
  for (int i = 0; i < 150; ++i) {
    ended(jobs, jobs.start("small", "ada", [](const auto&) -> Result<JobRegistry::Outcome> { return JobRegistry::Outcome{}; }).value());
  }
  EXPECT_LE(jobs.list().size(), 100U);
}

TEST_F(Jobs, OfRepricingAreStartedByTheApi) {
  hooks.prices.pricer = [] { return [](LedgerRecord&) {}; };
  restart();
  const HttpResponse started = post("reprice?background=true", R"({"from":"2026-01-01","to":"2026-01-03"})");
  ASSERT_EQ(started.status, 202) << started.body;
  HttpResponse job = get("jobs/" + at(started, "id"));
  while (at(job, "state") == "running") job = get("jobs/" + at(started, "id"));
  EXPECT_EQ(at(job, "state"), "done");
  EXPECT_EQ(at(job, "total"), "8");
  EXPECT_EQ(audit().front(), "admin ledger.reprice 2026-01-01T00:00:00Z/2026-01-03T00:00:00Z");
  EXPECT_EQ(at(get("jobs"), "jobs.0.kind"), "reprice");
}

}  // namespace
}  // namespace moongate
