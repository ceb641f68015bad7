DROP TABLE messages;
DROP TABLE conversations;

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
