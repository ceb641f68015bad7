-- Conversations belong to whoever may call: a user, or a client that nobody pays for. Nothing has written these tables yet.
DROP TABLE messages;
DROP TABLE conversations;

-- owner: "user:" and an id, or "client:" and a name. revision: raised by every change of what is said. turn: of the one
-- answer that is being given, until turn_until unless it is renewed.
CREATE TABLE conversations (
  id VARCHAR(64) NOT NULL PRIMARY KEY,
  owner VARCHAR(255) NOT NULL,
  user_id VARCHAR(64),
  title VARCHAR(255) NOT NULL,
  model VARCHAR(191) NOT NULL,
  instructions TEXT NOT NULL,
  archived SMALLINT NOT NULL,
  revision BIGINT NOT NULL,
  turn VARCHAR(64) NOT NULL,
  turn_until BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX conversations_by_owner ON conversations (owner, archived, updated_at);
CREATE INDEX conversations_by_user ON conversations (user_id);

-- The content is a JSON list of blocks; request_id leads to what it cost, client_id is what the caller named its message by.
CREATE TABLE messages (
  conversation_id VARCHAR(64) NOT NULL,
  position INTEGER NOT NULL,
  author VARCHAR(16) NOT NULL,
  content LONGTEXT NOT NULL,
  state VARCHAR(16) NOT NULL,
  model VARCHAR(191) NOT NULL,
  request_id VARCHAR(128) NOT NULL,
  client_id VARCHAR(128) NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, position),
  FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);
CREATE INDEX messages_by_request ON messages (request_id);
CREATE INDEX messages_by_client_id ON messages (conversation_id, client_id);
