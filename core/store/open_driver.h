// The driver behind a store's URL.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "store/sql_driver.h"
#include "store/store.h"

namespace moongate {

// How long one statement may take: kLong for changes of the schema, which have no bound.
enum class Patience : std::uint8_t { kUsual, kLong };

// As open_store, without a look at the schema.
Result<std::unique_ptr<SqlDriver>> open_driver(std::string_view url, const std::filesystem::path& data_dir,
                                               const StoreOptions& options, Patience patience);

}  // namespace moongate
