DROP TABLE invitations;
DROP TABLE login_keys;
DROP TABLE session_tokens;
DROP TABLE user_sessions;

CREATE TABLE user_sessions (
  token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  address VARCHAR(64) NOT NULL,
  agent VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, created_at);
CREATE INDEX user_sessions_by_expiry ON user_sessions (expires_at);

CREATE TABLE user_refresh_tokens (
  token_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
  family VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  state VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_refresh_tokens_by_family ON user_refresh_tokens (family);
CREATE INDEX user_refresh_tokens_by_user ON user_refresh_tokens (user_id);
CREATE INDEX user_refresh_tokens_by_expiry ON user_refresh_tokens (expires_at);
