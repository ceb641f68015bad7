-- Sessions get ids of their own, also those of whoever showed the admin token (user_id is empty then), and their refresh
-- tokens belong to them. Nothing has written to these two tables before.
DROP TABLE user_refresh_tokens;
DROP TABLE user_sessions;

CREATE TABLE user_sessions (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  credential_sha256 VARCHAR(64) NOT NULL,
  address VARCHAR(64) NOT NULL,
  agent VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, created_at);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);

CREATE TABLE session_tokens (
  token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
  session_id VARCHAR(64) NOT NULL,
  used_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (session_id) REFERENCES user_sessions (id) ON DELETE CASCADE
);
CREATE INDEX session_tokens_by_session ON session_tokens (session_id);
CREATE INDEX session_tokens_by_expiry ON session_tokens (expires_at);

-- RSA keys that passwords are encrypted to; sealed, shared by all gateways.
CREATE TABLE login_keys (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  sealed_private_key TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE invitations (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  token_sha256 VARCHAR(64) NOT NULL,
  email VARCHAR(254) NOT NULL,
  role VARCHAR(16) NOT NULL,
  invited_by VARCHAR(191) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  user_id VARCHAR(64) NOT NULL
);
CREATE UNIQUE INDEX invitations_by_token ON invitations (token_sha256);
CREATE INDEX invitations_by_time ON invitations (created_at);
