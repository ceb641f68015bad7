// `moongate backup FILE` and `moongate restore FILE`.
#pragma once

#include "app/store_verbs.h"

namespace moongate {

// The whole store, the map, the policy and the price file; with --with-secrets also the credential files and the
// master key. A gateway may serve meanwhile.
int back_up_store(const StoreWords& words);
// Everything is looked at before anything is changed; the rows go in within one transaction. Not while a gateway has
// the store open.
int restore_store(const StoreWords& words);

}  // namespace moongate
