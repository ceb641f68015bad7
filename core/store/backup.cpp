#include "store/backup.h"

#include <algorithm>
#include <set>

#include "crypto/base64.h"
#include "store/backup_tables.h"
#include "store/migrations.h"

namespace moongate {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

// Filled by the migrations themselves, so rows in it do not tell that the store was used.
constexpr std::string_view kCounters = "counters";
const std::set<std::string, std::less<>> kKinds = {"map", "policy", "prices", "credential", "master-key"};
constexpr std::string_view kSealed = "sealed";  // columns that the master key opens

json::object head_line(const BackupHead& head) {
  return {{"moongate_backup", kBackupForm},
          {"program", head.program},
          {"made_at", head.made_at},
          {"from", head.from},
          {"schema", head.schema},
          {"scripts", scripts_digest(embedded_migrations(), head.schema)},
          {"key_check", head.key_check},
          {"with_secrets", head.with_secrets}};
}

// A name from a file must stay where it is put.
bool stays(const std::string& name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.back() == '/') return false;
  for (const unsigned char c : name) {
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
  }
  for (const fs::path& part : fs::path(name)) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

Status dump_all(SqlConnection& connection, const std::vector<std::string>& tables, BackupWriter& writer,
                BackupTotals& totals) {
  for (const std::string& table : tables) {
    const Result<std::vector<SqlColumn>> columns = connection.columns(table);
    if (!columns) return columns.error();
    json::array names;
    for (const SqlColumn& column : *columns) names.emplace_back(column.name);
    if (Status put = writer.line(json::object{{"table", table}, {"columns", std::move(names)}}); !put) return put;
    std::int64_t rows = 0;
    const Status done = dump_table(connection, table, *columns, [&](json::array row) {
      ++rows;
      return writer.line(std::move(row));
    });
    if (!done) return done;
    if (Status put = writer.line(json::object{{"end_table", table}, {"rows", rows}}); !put) return put;
    ++totals.tables;
    totals.rows += rows;
  }
  return {};
}

Result<BackupHead> head_of(const json::object& line, const BackupReader& reader) {
  const std::int64_t form = backup_number(line, "moongate_backup");
  if (form < 1) return reader.damaged("this is not the first line of a back-up");
  if (form > kBackupForm) {
    return Error(ErrorKind::kInvalid, "this back-up was written by a newer moongate (" + backup_text(line, "program") +
                                          "); restore it with that one. Nothing was changed");
  }
  BackupHead head;
  head.program = backup_text(line, "program");
  head.made_at = backup_text(line, "made_at");
  head.from = backup_text(line, "from");
  head.schema = backup_number(line, "schema");
  head.key_check = backup_text(line, "key_check");
  const json::value* secrets = line.if_contains("with_secrets");
  head.with_secrets = secrets != nullptr && secrets->is_bool() && secrets->get_bool();
  const auto known = static_cast<std::int64_t>(embedded_migrations().size());
  if (head.schema > known) {
    return Error(ErrorKind::kInvalid, "this back-up has schema version " + std::to_string(head.schema) +
                                          ", this moongate knows up to " + std::to_string(known) +
                                          "; restore it with moongate " + head.program +
                                          " or a newer one. Nothing was changed");
  }
  if (head.schema < 1 || backup_text(line, "scripts") != scripts_digest(embedded_migrations(), head.schema)) {
    return reader.damaged("its schema is not the one that this moongate has under the same number");
  }
  return head;
}

// Walks a back-up once. For the first reading rows are only counted; for the second they are loaded.
class Walk {
 public:
  Walk(BackupReader& reader, SqlConnection* connection, const std::function<Status(const BackupEntry&)>* on_entry)
      : reader_(reader), connection_(connection), on_entry_(on_entry) {}

  Result<BackupSummary> run() {
    for (bool first = true;; first = false) {
      const Result<std::string_view> line = reader_.next();
      if (!line) return line.error();
      if (line->starts_with('[')) {
        if (Status done = row(*line); !done) return done.error();
        continue;
      }
      const Result<json::object> object = backup_object(*line);
      if (!object) return reader_.damaged(object.error().message);
      if (object->contains("end")) {
        if (Status done = end(*object, first); !done) return done.error();
        return summary_;
      }
      if (Status done = first ? start(*object) : control(*object); !done) return done.error();
    }
  }

 private:
  Status start(const json::object& line) {
    Result<BackupHead> head = head_of(line, reader_);
    if (!head) return head.error();
    summary_.head = std::move(*head);
    tables_ = tables_at(embedded_migrations(), summary_.head.schema);
    return {};
  }

  Status control(const json::object& line) {
    if (line.contains("file")) return entry(line);
    if (line.contains("table")) return begin_table(line);
    if (line.contains("end_table")) return end_table(line);
    return reader_.damaged("a line that nobody wrote");
  }

  Status entry(const json::object& line) {
    BackupEntry entry{backup_text(line, "file"), backup_text(line, "name"), {}};
    auto content = base64_decode(backup_text(line, "content"));
    if (!kKinds.contains(entry.kind) || !stays(entry.name) || !content || summary_.totals.tables > 0) {
      return reader_.damaged("a file that may not be there");
    }
    if (!seen_.insert(entry.kind + "/" + entry.name).second) return reader_.damaged("a file for the second time");
    entry.content = std::move(*content);
    ++summary_.totals.files;
    return on_entry_ == nullptr ? Status() : (*on_entry_)(entry);
  }

  Status begin_table(const json::object& line) {
    const auto at = static_cast<std::size_t>(summary_.totals.tables);
    if (!table_.empty() || at >= tables_.size() || backup_text(line, "table") != tables_[at]) {
      return reader_.damaged("a table that does not belong here");
    }
    table_ = tables_[at];
    rows_ = 0;
    const json::value* names = line.if_contains("columns");
    if (names == nullptr || !names->is_array()) return reader_.damaged("a table without columns");
    sealed_ = std::any_of(names->get_array().begin(), names->get_array().end(), [](const json::value& name) {
      return name.is_string() && std::string_view(name.get_string()).starts_with(kSealed);
    });
    if (connection_ == nullptr) return {};
    // Names from the file are looked up, and never put into a statement.
    const Result<std::vector<SqlColumn>> known = connection_->columns(table_);
    if (!known) return known.error();
    std::vector<SqlColumn> columns;
    for (const json::value& name : names->get_array()) {
      const auto found = std::find_if(known->begin(), known->end(), [&](const SqlColumn& column) {
        return name.is_string() && std::string_view(name.get_string()) == column.name;
      });
      if (found == known->end()) return reader_.damaged("the table " + table_ + " has no such column");
      columns.push_back(*found);
    }
    loader_ = std::make_unique<TableLoader>(*connection_, table_, std::move(columns));
    return {};
  }

  Status row(std::string_view line) {
    if (table_.empty()) return reader_.damaged("a row of no table");
    ++rows_;
    if (loader_ == nullptr) return {};
    const Result<json::array> values = backup_row(line);
    if (!values) return reader_.damaged(values.error().message);
    return loader_->add(*values);
  }

  Status end_table(const json::object& line) {
    if (table_.empty() || backup_text(line, "end_table") != table_ || backup_number(line, "rows") != rows_) {
      return reader_.damaged("the end of a table with another number of rows");
    }
    if (sealed_ && rows_ > 0) summary_.has_sealed = true;
    if (loader_ != nullptr) {
      if (Status done = loader_->finish(); !done) return done;
      loader_.reset();
    }
    summary_.totals.rows += rows_;
    ++summary_.totals.tables;
    table_.clear();
    return {};
  }

  Status end(const json::object& line, bool first) {
    BackupTotals& totals = summary_.totals;
    totals.sha256 = reader_.digest_before();
    const BackupTotals said{backup_number(line, "files"), backup_number(line, "tables"), backup_number(line, "rows"),
                            backup_text(line, "sha256")};
    if (first || !table_.empty() || said != totals || static_cast<std::size_t>(totals.tables) != tables_.size()) {
      return reader_.damaged("the last line does not fit what stands before it");
    }
    if (!reader_.at_end()) return reader_.damaged("something stands after the last line");
    return {};
  }

  BackupReader& reader_;
  SqlConnection* connection_;
  const std::function<Status(const BackupEntry&)>* on_entry_;
  BackupSummary summary_;
  std::vector<std::string> tables_;
  std::string table_;
  bool sealed_ = false;  // the table at hand
  std::int64_t rows_ = 0;
  std::set<std::string> seen_;
  std::unique_ptr<TableLoader> loader_;
};

// A table that holds something although the store should be new; empty: none.
Result<std::string> first_used(SqlDriver& driver, std::int64_t schema) {
  std::string used;
  const Status looked = driver.run([&](SqlConnection& connection) -> Status {
    for (const std::string& table : tables_at(embedded_migrations(), schema)) {
      if (table == kCounters) continue;
      const auto rows = connection.query("SELECT 1 FROM `" + table + "` LIMIT 1", {});
      if (!rows) return rows.error();
      if (rows->empty()) continue;
      used = table;
      break;
    }
    return {};
  });
  if (!looked) return looked.error();
  return used;
}

Status check_alone(SqlDriver& driver) {
  return driver.run([](SqlConnection& connection) -> Status {
    const Result<bool> alone = connection.alone();
    if (!alone) return alone.error();
    if (*alone) return {};
    return Error(ErrorKind::kForbidden,
                 "the store is in use: stop every gateway and command that has it open first. Nothing was changed");
  });
}

// What gateways keep of keys, here and in Redis, they believe as long as nothing newer is known; a back-up is older
// than what they may have kept of the store since. So the count goes on far beyond either.
Status skip_generations(SqlConnection& connection, std::int64_t before) {
  constexpr std::int64_t kFar = 1'000'000;
  const auto raised = connection.execute(
      "UPDATE counters SET amount = CASE WHEN amount > ? THEN amount ELSE ? END + ? WHERE name = 'directory_generation'",
      {before, before, kFar});
  if (!raised) return raised.error();
  return {};
}

Result<std::int64_t> generation_of(SqlConnection& connection) {
  const auto rows = connection.query("SELECT amount FROM counters WHERE name = 'directory_generation'", {});
  if (!rows) return rows.error();
  return rows->empty() ? 0 : std::get<std::int64_t>((*rows)[0][0]);
}

// The schema as the back-up has it. Only ever moved while there is nothing in it.
Status fit_schema(SqlDriver& driver, const BackupSummary& summary, bool replace, std::int64_t now_s) {
  const auto& migrations = embedded_migrations();
  const Result<MigrationStatus> status = migration_status(driver, migrations);
  if (!status) return status.error();
  if (!status->trouble.empty()) return Error(ErrorKind::kInvalid, status->trouble);
  const Result<std::int64_t> version = schema_version(driver);
  if (!version) return version.error();
  const Result<std::string> used = first_used(driver, *version);
  if (!used) return used.error();
  if (!used->empty() && !replace) {
    return Error(ErrorKind::kForbidden, "the store is not empty (there is something in " + *used +
                                            "); with --replace everything in it is taken away first. "
                                            "Nothing was changed");
  }
  const std::int64_t wanted = summary.head.schema;
  if (*version == wanted) return {};
  if (!used->empty()) {
    return Error(ErrorKind::kInvalid, "this back-up has schema version " + std::to_string(wanted) + ", the store has " +
                                          std::to_string(*version) +
                                          "; restore it into an empty store (another file or database in store.url). "
                                          "Nothing was changed");
  }
  if (*version > wanted) {
    if (const auto down = migrate_down(driver, migrations, wanted); !down) return down.error();
    return {};
  }
  const std::vector<Migration> first(migrations.begin(), migrations.begin() + static_cast<std::ptrdiff_t>(wanted));
  if (const auto up = migrate_up(driver, first, now_s); !up) return up.error();
  return {};
}

}  // namespace

Result<BackupTotals> write_backup(SqlDriver& driver, BackupHead head, const std::vector<BackupEntry>& entries,
                                  BackupWriter& writer) {
  const Result<MigrationStatus> status = migration_status(driver, embedded_migrations());
  if (!status) return status.error();
  if (!status->trouble.empty()) return Error(ErrorKind::kInvalid, status->trouble);
  const Result<std::int64_t> version = schema_version(driver);
  if (!version) return version.error();
  if (*version == 0) return Error(ErrorKind::kNotFound, "there is nothing in the store yet: no gateway has used it");
  head.schema = *version;
  head.from = driver.name();
  if (Status put = writer.line(head_line(head)); !put) return put.error();
  BackupTotals totals;
  for (const BackupEntry& entry : entries) {
    const json::object line = {{"file", entry.kind}, {"name", entry.name}, {"content", base64_encode(entry.content)}};
    if (Status put = writer.line(line); !put) return put.error();
    ++totals.files;
  }
  const std::vector<std::string> tables = tables_at(embedded_migrations(), head.schema);
  const Status dumped = driver.run([&](SqlConnection& connection) {
    return in_transaction(connection, SqlIsolation::kReading,
                          [&](SqlConnection& lent) { return dump_all(lent, tables, writer, totals); });
  });
  if (!dumped) return dumped.error();
  return writer.finish(totals);
}

Result<BackupSummary> read_backup(const fs::path& path, const std::function<Status(const BackupEntry&)>& on_entry) {
  const auto reader = BackupReader::open(path);
  if (!reader) return reader.error();
  return Walk(**reader, nullptr, &on_entry).run();
}

Status load_backup(SqlDriver& driver, const fs::path& path, const BackupSummary& summary, bool replace,
                   std::int64_t now_s) {
  if (Status alone = check_alone(driver); !alone) return alone;
  if (Status fits = fit_schema(driver, summary, replace, now_s); !fits) return fits;
  std::vector<std::string> tables = tables_at(embedded_migrations(), summary.head.schema);
  std::reverse(tables.begin(), tables.end());
  const Status loaded = driver.run([&](SqlConnection& connection) {
    return in_transaction(connection, SqlIsolation::kSnapshot, [&](SqlConnection& lent) -> Status {
      const bool counts = std::find(tables.begin(), tables.end(), kCounters) != tables.end();
      const Result<std::int64_t> before = counts ? generation_of(lent) : Result<std::int64_t>(0);
      if (!before) return before.error();
      for (const std::string& table : tables) {
        if (const auto gone = lent.execute("DELETE FROM `" + table + "`", {}); !gone) return gone.error();
      }
      const auto reader = BackupReader::open(path);
      if (!reader) return reader.error();
      const Result<BackupSummary> walked = Walk(**reader, &lent, nullptr).run();
      if (!walked) return walked.error();
      // Between the first reading and this one somebody may have written another file.
      if (walked->totals != summary.totals) return (*reader)->damaged("the file changed while it was read");
      return counts ? skip_generations(lent, *before) : Status();
    });
  });
  // Also after a failure: a store that was new is left as `serve` finds it.
  const Result<MigrationReport> up = migrate_up(driver, embedded_migrations(), now_s);
  if (!loaded) return loaded;
  if (!up) return up.error().wrap("the rows are restored, but the schema could not be brought up to date");
  return {};
}

}  // namespace moongate
