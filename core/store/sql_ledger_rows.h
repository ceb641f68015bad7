// The ledger's table, its sums' tables, and how records become rows of them.
#pragma once

#include <vector>

#include "store/ledger_rules.h"
#include "store/sql_text.h"

namespace moongate {

const SqlTable& ledger_table();
const SqlTable& usage_table(UsageBucket bucket);
SqlRow ledger_row(const LedgerRecord& record);
LedgerRecord ledger_record(const SqlRow& row);
// "SELECT … FROM usage_ledger"
const std::string& select_ledger();

// Adds the sums to the bucket's table. In the order of their keys.
Status add_sums(SqlConnection& connection, UsageBucket bucket, const UsageSums& sums);

// Writes the movements with their postings and balances. False: one of them is there already; the caller has
// to roll back. `movements` are of different users and in their order.
Result<bool> post_movements(SqlConnection& connection, const std::vector<MovementRecord>& movements);

}  // namespace moongate
