// The verbs that administer a gateway: `moongate user …`, `balance`, `usage`, `key …`, `client …`, `account …`, `reprice`.
// Each is a request or two to the admin API (docs/admin-api.md), and a table of what came back.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/admin_link.h"
#include "app/text_table.h"

namespace moongate {

// What the command line said, whichever verb it was for; empty: nothing.
struct AdminWords {
  AdminAccess access;
  std::string format = "table";  // or json, csv
  std::string name;              // of a user, client or account; a key's id, prefix or name
  std::string new_name, email, role, opening, user, client, expires;
  std::string amount, note, id;
  std::string from, to, date, by, model;
  std::string file;
  int weight = 0;
  int limit = 0;
  bool password_stdin = false;
  bool clear_terms = false;
  // Terms:
  std::vector<std::string> providers, models, addresses, limits;
  std::string markup;
  bool shadow = false;
};

inline constexpr int kExitDone = 0, kExitFailed = 1, kExitMisused = 2;

// Asks, and prints what came back.
class AdminDesk {
 public:
  AdminDesk(AdminLink& link, std::string format) : link_(link), format_(std::move(format)) {}

  struct Answer {
    boost::json::object json;  // empty for 204
    std::string body;
  };
  // `path` behind /api/admin/. Nothing: it was refused or could not be asked, and why has been said on standard error.
  std::optional<Answer> ask(std::string method, const std::string& path, const std::string& query = "",
                            const boost::json::object* body = nullptr);

  const std::string& format() const { return format_; }
  // The table, or the answer as it came where JSON was wanted. kExitDone.
  int show(const Answer& answer, const TextTable& table) const;
  // One object: a line for each member.
  int show(const Answer& answer) const;
  // Said on standard error, so that standard output holds nothing but what was asked for.
  void say(const std::string& line) const;
  int fail(const std::string& message) const;

 private:
  AdminLink& link_;
  std::string format_;
};

using AdminVerb = int (*)(AdminDesk& desk, const AdminWords& words);

// Finds the gateway or its store and runs the verb there.
int run_admin_verb(AdminVerb verb, const AdminWords& words);

// "users/ann": a name as a part of a path.
std::string admin_path(std::string_view collection, std::string_view name, std::string_view more = "");
// "from=…&to=…" of those that are not empty.
std::string admin_query(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);
// A member for a table's cell: "" for null, "yes" and "no".
std::string cell(const boost::json::object& object, std::string_view name);
// The options --provider, --model, --ip, --limit, --markup and --shadow as "terms" of `body`. False: a --limit without
// '=', which has been said.
bool add_terms(const AdminDesk& desk, const AdminWords& words, boost::json::object& body);

int user_list(AdminDesk& desk, const AdminWords& words);
int user_add(AdminDesk& desk, const AdminWords& words);
int user_show(AdminDesk& desk, const AdminWords& words);
int user_change(AdminDesk& desk, const AdminWords& words);
int user_disable(AdminDesk& desk, const AdminWords& words);
int user_enable(AdminDesk& desk, const AdminWords& words);
int user_token(AdminDesk& desk, const AdminWords& words);
int balance(AdminDesk& desk, const AdminWords& words);

int client_list(AdminDesk& desk, const AdminWords& words);
int client_add(AdminDesk& desk, const AdminWords& words);
int client_show(AdminDesk& desk, const AdminWords& words);
int client_change(AdminDesk& desk, const AdminWords& words);
int client_disable(AdminDesk& desk, const AdminWords& words);
int client_enable(AdminDesk& desk, const AdminWords& words);
int client_delete(AdminDesk& desk, const AdminWords& words);

int key_list(AdminDesk& desk, const AdminWords& words);
int key_add(AdminDesk& desk, const AdminWords& words);
int key_show(AdminDesk& desk, const AdminWords& words);
int key_change(AdminDesk& desk, const AdminWords& words);
int key_disable(AdminDesk& desk, const AdminWords& words);
int key_enable(AdminDesk& desk, const AdminWords& words);
int key_delete(AdminDesk& desk, const AdminWords& words);
int key_regenerate(AdminDesk& desk, const AdminWords& words);

int account_list(AdminDesk& desk, const AdminWords& words);
int account_add(AdminDesk& desk, const AdminWords& words);
int account_change(AdminDesk& desk, const AdminWords& words);
int account_disable(AdminDesk& desk, const AdminWords& words);
int account_enable(AdminDesk& desk, const AdminWords& words);
int account_remove(AdminDesk& desk, const AdminWords& words);

int usage(AdminDesk& desk, const AdminWords& words);
int ledger(AdminDesk& desk, const AdminWords& words);
int reprice_ledger(AdminDesk& desk, const AdminWords& words);
int audit_log(AdminDesk& desk, const AdminWords& words);

}  // namespace moongate
