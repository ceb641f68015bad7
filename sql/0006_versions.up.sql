-- What the map and the policy said at a time. The content is sealed, since it may hold tokens.
CREATE TABLE config_versions (
  id BIGINT NOT NULL PRIMARY KEY,
  kind VARCHAR(16) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  at_s BIGINT NOT NULL,
  actor VARCHAR(191) NOT NULL,
  note VARCHAR(500) NOT NULL,
  bytes BIGINT NOT NULL,
  sealed LONGTEXT NOT NULL
);
CREATE INDEX config_versions_by_kind ON config_versions (kind, id);
CREATE INDEX config_versions_by_digest ON config_versions (digest);
INSERT INTO counters (name, amount) VALUES ('config_version', 0);

-- Keys of virtual service accounts that were rotated away and may still be used for a while.
CREATE TABLE virtual_account_old_keys (
  key_id VARCHAR(64) NOT NULL PRIMARY KEY,
  account_id VARCHAR(32) NOT NULL,
  public_key TEXT NOT NULL,
  certificate TEXT NOT NULL,
  until_s BIGINT NOT NULL,
  FOREIGN KEY (account_id) REFERENCES virtual_accounts (id) ON DELETE CASCADE
);
CREATE INDEX virtual_account_old_keys_by_account ON virtual_account_old_keys (account_id, until_s);
