// Records as the admin API shows them. Digests, hashes and sealed texts have no place here.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "store/ledger_store.h"
#include "store/records.h"

namespace moongate {

// "2026-11-20T20:03:05Z", or null for 0.
boost::json::value time_view(std::int64_t unix_s);
// The object that a record's terms hold.
boost::json::object terms_view(const std::string& terms);

boost::json::object user_view(const UserRecord& user);
// `user_name` is the owner's; empty: nobody pays.
boost::json::object client_view(const ClientRecord& client, const std::string& user_name);
boost::json::object key_view(const ApiKeyRecord& key, const std::string& client_name);
boost::json::object account_view(const UpstreamAccountRecord& account);
boost::json::object movement_view(const MovementRecord& movement);
boost::json::object ledger_view(const LedgerRecord& row);
boost::json::object notification_view(const NotificationRecord& record);
boost::json::object audit_view(const AuditRecord& record);

}  // namespace moongate
