-- Virtual service accounts: the key file is handed out once, only the public key stays here.
CREATE TABLE virtual_accounts (
  id VARCHAR(32) NOT NULL PRIMARY KEY,
  email VARCHAR(255) NOT NULL UNIQUE,
  name VARCHAR(64) NOT NULL,
  project VARCHAR(64) NOT NULL,
  key_id VARCHAR(64) NOT NULL UNIQUE,
  public_key TEXT NOT NULL,
  certificate TEXT NOT NULL,
  external_secret_sha256 VARCHAR(64) NOT NULL,
  enabled SMALLINT NOT NULL,
  metadata_default SMALLINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- What an account may use, one row a name; no rows of a kind: everything of that kind.
CREATE TABLE virtual_account_grants (
  account_id VARCHAR(32) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  position INTEGER NOT NULL,
  name VARCHAR(255) NOT NULL,
  PRIMARY KEY (account_id, kind, position),
  FOREIGN KEY (account_id) REFERENCES virtual_accounts (id) ON DELETE CASCADE
);

CREATE TABLE oauth_clients (
  id VARCHAR(128) NOT NULL PRIMARY KEY,
  name VARCHAR(128) NOT NULL,
  secret_sha256 VARCHAR(64) NOT NULL,
  enabled SMALLINT NOT NULL,
  rotate_refresh_tokens SMALLINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE oauth_client_redirects (
  client_id VARCHAR(128) NOT NULL,
  position INTEGER NOT NULL,
  uri TEXT NOT NULL,
  PRIMARY KEY (client_id, position),
  FOREIGN KEY (client_id) REFERENCES oauth_clients (id) ON DELETE CASCADE
);

-- The client may be the demonstration client, which has no row; hence no foreign key.
CREATE TABLE refresh_tokens (
  token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
  family VARCHAR(64) NOT NULL,
  client_id VARCHAR(128) NOT NULL,
  account_id VARCHAR(32) NOT NULL,
  scope TEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_client ON refresh_tokens (client_id);
CREATE INDEX refresh_tokens_by_account ON refresh_tokens (account_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE signing_keys (
  key_id VARCHAR(64) NOT NULL PRIMARY KEY,
  sealed_private_key TEXT NOT NULL,
  certificate TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE revoked_tokens (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

-- Single values: the digest of the admin token.
CREATE TABLE facts (
  name VARCHAR(64) NOT NULL PRIMARY KEY,
  content TEXT NOT NULL
);
