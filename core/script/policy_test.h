// `moongate policy test`: runs the policy's own tests, lua/spec/*.lua, against a gateway that they make up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "script/policy_source.h"

namespace moongate {

// Runs `files` (paths, or names of files in spec/; none: all that end in _spec.lua) of the policy in `dir`.
// Each file gets a VM of its own, in which the policy is loaded and hooks run as they do for requests. What
// happened goes to standard output. 0: everything passed; 1: something failed, a file could not be run, or
// there is no such file.
int run_policy_tests(const std::string& dir, const std::vector<std::string>& files);

// The same, told to the caller: for the test programs of this repository.
struct PolicyTestReport {
  int passed = 0;
  int failed = 0;
  std::string text;
};
PolicyTestReport report_policy_tests(const std::string& dir, const std::vector<std::string>& files);

// The same of a policy that is in no folder. `go_on` is asked before each file: false ends the tests there, as a failure.
PolicyTestReport report_policy_tests(const std::shared_ptr<const PolicySource>& source, const std::vector<std::string>& files,
                                     const std::function<bool()>& go_on);

}  // namespace moongate
