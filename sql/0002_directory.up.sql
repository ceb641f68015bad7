-- Numbers that only grow: how often the directory has changed, the last position in the audit log.
CREATE TABLE counters (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  amount BIGINT NOT NULL
);
INSERT INTO counters (name, amount) VALUES ('directory_generation', 0);
INSERT INTO counters (name, amount) VALUES ('audit_position', 0);

-- NULL instead of an empty e-mail address, so that any number of users may have none.
CREATE TABLE users (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  name VARCHAR(191) NOT NULL UNIQUE,
  email VARCHAR(255) NULL UNIQUE,
  role VARCHAR(32) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  enabled SMALLINT NOT NULL,
  terms TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

-- NULL instead of an empty user: nobody pays.
CREATE TABLE clients (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  name VARCHAR(191) NOT NULL UNIQUE,
  user_id VARCHAR(64) NULL,
  enabled SMALLINT NOT NULL,
  terms TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id)
);
CREATE INDEX clients_by_user ON clients (user_id);

CREATE TABLE api_keys (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  sha256 VARCHAR(64) NOT NULL UNIQUE,
  prefix VARCHAR(32) NOT NULL,
  name VARCHAR(191) NOT NULL,
  client_id VARCHAR(64) NOT NULL,
  enabled SMALLINT NOT NULL,
  terms TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  FOREIGN KEY (client_id) REFERENCES clients (id) ON DELETE CASCADE
);
CREATE INDEX api_keys_by_client ON api_keys (client_id, created_at);

CREATE TABLE upstream_accounts (
  name VARCHAR(191) NOT NULL PRIMARY KEY,
  sealed_credential TEXT NOT NULL,
  hint VARCHAR(255) NOT NULL,
  models TEXT NOT NULL,
  weight INTEGER NOT NULL,
  enabled SMALLINT NOT NULL,
  disabled_reason TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
