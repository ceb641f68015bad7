-- A browser's or a command line's login. Tokens appear as digests.
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

-- What a login that is under way must bring back, each once.
CREATE TABLE login_nonces (
  nonce_sha256 VARCHAR(64) NOT NULL PRIMARY KEY,
  purpose VARCHAR(32) NOT NULL,
  content TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX login_nonces_by_expiry ON login_nonces (expires_at);

CREATE TABLE conversations (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL,
  title VARCHAR(255) NOT NULL,
  model VARCHAR(191) NOT NULL,
  instructions TEXT NOT NULL,
  archived SMALLINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX conversations_by_user ON conversations (user_id, archived, updated_at);

-- The content is the message's JSON, as the provider's API has it; request_id leads to what it cost.
CREATE TABLE messages (
  conversation_id VARCHAR(64) NOT NULL,
  position INTEGER NOT NULL,
  author VARCHAR(16) NOT NULL,
  content LONGTEXT NOT NULL,
  model VARCHAR(191) NOT NULL,
  request_id VARCHAR(128) NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, position),
  FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);
CREATE INDEX messages_by_request ON messages (request_id);

CREATE TABLE notifications (
  id VARCHAR(128) NOT NULL PRIMARY KEY,
  user_id VARCHAR(191) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  content TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT NOT NULL
);
CREATE INDEX notifications_by_time ON notifications (created_at);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at);

CREATE TABLE audit_log (
  position BIGINT NOT NULL PRIMARY KEY,
  at_ms BIGINT NOT NULL,
  actor VARCHAR(191) NOT NULL,
  action VARCHAR(64) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  detail TEXT NOT NULL,
  address VARCHAR(64) NOT NULL
);
CREATE INDEX audit_log_by_time ON audit_log (at_ms);
CREATE INDEX audit_log_by_subject ON audit_log (subject, at_ms);
