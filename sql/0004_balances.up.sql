-- Double entry: a movement has two postings that sum to zero, and a balance is the sum of its user's postings.
-- No foreign key to users: a gateway may bill a user whom a restored copy of the database does not know.
CREATE TABLE balance_movements (
  id VARCHAR(128) NOT NULL PRIMARY KEY,
  user_id VARCHAR(191) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  amount_nano BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  actor VARCHAR(191) NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX balance_movements_by_user ON balance_movements (user_id, created_at);
CREATE INDEX balance_movements_by_time ON balance_movements (created_at);

CREATE TABLE balance_postings (
  movement_id VARCHAR(128) NOT NULL,
  account VARCHAR(200) NOT NULL,
  amount_nano BIGINT NOT NULL,
  PRIMARY KEY (movement_id, account),
  FOREIGN KEY (movement_id) REFERENCES balance_movements (id)
);
CREATE INDEX balance_postings_by_account ON balance_postings (account);

CREATE TABLE balances (
  user_id VARCHAR(191) NOT NULL PRIMARY KEY,
  balance_nano BIGINT NOT NULL,
  credited_nano BIGINT NOT NULL,
  charged_nano BIGINT NOT NULL
);
