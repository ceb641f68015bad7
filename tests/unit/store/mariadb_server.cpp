#include "unit/store/mariadb_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "store/mysql_driver.h"

namespace moongate {
namespace {

constexpr const char* kPassword = "p@ss/w%rd";
constexpr const char* kEncodedPassword = "p%40ss%2Fw%25rd";

std::string program(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/usr/local/sbin/", "/usr/local/bin/"}) {
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  }
  throw std::runtime_error(
      name +
      " is not installed; as root: apt-get install --no-install-recommends mariadb-server-core "
      "mariadb-client-core (./test does it: packages/test.txt)");
}

// Starts `command`; its output goes to the pipe or file `output`, and it ends when this process does.
pid_t spawn(const std::vector<std::string>& command, int output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  ::dup2(output, 1);
  ::dup2(output, 2);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

void run(const std::vector<std::string>& command, const std::filesystem::path& log) {
  const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = spawn(command, output);
  ::close(output);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::ifstream file(log);
  throw std::runtime_error(command[0] + " failed: " + std::string(std::istreambuf_iterator<char>(file), {}));
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool ok = ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(fd);
  if (!ok) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string this_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry != nullptr ? entry->pw_name : "root";
}

}  // namespace

MariadbServer::MariadbServer() {
  std::string name = (std::filesystem::temp_directory_path() / "moongate-mariadb-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  directory_ = name;
  try {
    make_certificates();
    run({program("mariadb-install-db"), "--no-defaults", "--datadir=" + (directory_ / "data").string(),
         "--user=" + this_user(), "--auth-root-authentication-method=normal", "--skip-test-db",
         "--skip-name-resolve", "--innodb-log-file-size=16M"},
        directory_ / "install.log");
    std::ofstream(directory_ / "init.sql")
        << "CREATE USER IF NOT EXISTS 'moongate'@'%' IDENTIFIED BY '" << kPassword << "';\n"
        << "GRANT ALL ON *.* TO 'moongate'@'%';\n"
        << "CREATE USER IF NOT EXISTS 'reader'@'%' IDENTIFIED BY 'reader';\n"
        << "GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO 'reader'@'%';\n";
    port_ = free_port();
    start();
  } catch (...) {
    std::filesystem::remove_all(directory_);
    throw;
  }
}

MariadbServer::~MariadbServer() {
  kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

MariadbServer& MariadbServer::shared() {
  static MariadbServer server;
  return server;
}

void MariadbServer::make_certificates() {
  const std::filesystem::path log = directory_ / "openssl.log";
  const auto path = [&](const char* file) { return (directory_ / file).string(); };
  const std::string openssl = program("openssl");
  for (const char* ca : {"ca", "other"}) {
    run({openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=moongate tests", "-keyout", path((std::string(ca) + ".key").c_str()), "-out",
         path((std::string(ca) + ".pem").c_str())},
        log);
  }
  run({openssl, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout",
       path("server.key"), "-out", path("server.csr")},
      log);
  std::ofstream(directory_ / "names") << "subjectAltName=DNS:localhost\n";
  run({openssl, "x509", "-req", "-days", "2", "-in", path("server.csr"), "-CA", path("ca.pem"), "-CAkey",
       path("ca.key"), "-CAcreateserial", "-extfile", path("names"), "-out", path("server.pem")},
      log);
}

void MariadbServer::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const auto path = [&](const char* file) { return (directory_ / file).string(); };
  pid_ = spawn(
      {program("mariadbd"), "--no-defaults", "--datadir=" + path("data"), "--user=" + this_user(),
       "--port=" + std::to_string(port_), "--bind-address=127.0.0.1", "--socket=" + path("socket"),
       "--pid-file=" + path("pid"), "--init-file=" + path("init.sql"), "--skip-name-resolve",
       "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--innodb-use-native-aio=0",
       "--innodb-flush-method=nosync", "--skip-sync-frm", "--innodb-doublewrite=0",
       "--ssl-cert=" + path("server.pem"), "--ssl-key=" + path("server.key"), "--ssl-ca=" + path("ca.pem")},
      ends[1]);
  ::close(ends[1]);
  std::string log;
  char piece[4096];
  // The server says so itself, and closes its end when it cannot start.
  while (log.find("ready for connections") == std::string::npos) {
    const ssize_t size = ::read(ends[0], piece, sizeof piece);
    if (size <= 0) {
      ::close(ends[0]);
      kill();
      throw std::runtime_error("mariadbd did not start: " + log);
    }
    log.append(piece, static_cast<std::size_t>(size));
  }
  drain_ = std::thread([fd = ends[0]] {
    char rest[4096];
    while (::read(fd, rest, sizeof rest) > 0) {
    }
    ::close(fd);
  });
}

void MariadbServer::kill() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (drain_.joinable()) drain_.join();
}

std::string MariadbServer::url(const std::string& database, const std::string& host) const {
  return std::string("mysql://moongate:") + kEncodedPassword + "@" + host + ":" + std::to_string(port_) +
         "/" + database;
}

std::string MariadbServer::socket_url(const std::string& database) const {
  return std::string("mysql://moongate:") + kEncodedPassword + "@localhost/" + database +
         "?socket=" + (directory_ / "socket").string();
}

std::string MariadbServer::new_database() {
  const std::string name = "moongate_" + std::to_string(++next_database_);
  const auto driver =
      open_mysql(MysqlTarget::parse(url("mysql")).value(), {}, std::make_shared<SystemClock>());
  if (!driver) throw std::runtime_error(driver.error().describe());
  const Status made = (*driver)->run([&](SqlConnection& connection) -> Status {
    const Result<std::int64_t> done = connection.execute("CREATE DATABASE " + name, {});
    return done ? Status() : Status(done.error());
  });
  if (!made) throw std::runtime_error(made.error().describe());
  return name;
}

std::unique_ptr<Store> MariadbServer::new_store() {
  StoreOptions options;
  options.auto_migrate = true;
  if (contract_database_.empty()) {
    contract_database_ = new_database();
  } else {
    empty(contract_database_);
  }
  Result<std::unique_ptr<Store>> store = open_store(url(contract_database_), "", 1000, options);
  if (!store) throw std::runtime_error(store.error().describe());
  return std::move(*store);
}

void MariadbServer::empty(const std::string& database) {
  const auto driver =
      open_mysql(MysqlTarget::parse(url(database)).value(), {}, std::make_shared<SystemClock>());
  if (!driver) throw std::runtime_error(driver.error().describe());
  const Status done = (*driver)->run([&](SqlConnection& connection) -> Status {
    const Result<std::vector<SqlRow>> tables = connection.query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_name NOT IN "
        "('schema_migrations', 'counters')",
        {database});
    if (!tables) return tables.error();
    std::vector<std::string> statements = {"SET SESSION foreign_key_checks = 0",
                                           "UPDATE counters SET amount = 0"};
    for (const SqlRow& row : *tables) statements.push_back("DELETE FROM " + std::get<std::string>(row[0]));
    for (const std::string& statement : statements) {
      if (Result<std::int64_t> ok = connection.execute(statement, {}); !ok) return ok.error();
    }
    return {};
  });
  if (!done) throw std::runtime_error(done.error().describe());
}

}  // namespace moongate
