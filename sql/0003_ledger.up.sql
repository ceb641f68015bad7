-- One row a finished request, clustered by time. No foreign keys: the ledger outlives clients, keys and users.
CREATE TABLE usage_ledger (
  ended_at_ms BIGINT NOT NULL,
  request_id VARCHAR(128) NOT NULL,
  gateway VARCHAR(191) NOT NULL,
  client VARCHAR(191) NOT NULL,
  key_id VARCHAR(191) NOT NULL,
  user_id VARCHAR(191) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  account VARCHAR(191) NOT NULL,
  location VARCHAR(32) NOT NULL,
  model VARCHAR(191) NOT NULL,
  upstream_model VARCHAR(191) NOT NULL,
  operation VARCHAR(32) NOT NULL,
  outcome VARCHAR(32) NOT NULL,
  status INTEGER NOT NULL,
  stream SMALLINT NOT NULL,
  estimated SMALLINT NOT NULL,
  service_tier VARCHAR(32) NOT NULL,
  inference_geo VARCHAR(32) NOT NULL,
  speed VARCHAR(32) NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_write_5m_tokens BIGINT NOT NULL,
  cache_write_1h_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  thought_tokens BIGINT NOT NULL,
  tool_prompt_tokens BIGINT NOT NULL,
  audio_input_tokens BIGINT NOT NULL,
  audio_output_tokens BIGINT NOT NULL,
  web_searches BIGINT NOT NULL,
  images BIGINT NOT NULL,
  video_ms BIGINT NOT NULL,
  raw_usage TEXT NOT NULL,
  priced SMALLINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  billed_nano BIGINT NOT NULL,
  markup_ppm BIGINT NOT NULL,
  price_id VARCHAR(191) NOT NULL,
  duration_ms BIGINT NOT NULL,
  first_byte_ms BIGINT NOT NULL,
  bytes_in BIGINT NOT NULL,
  bytes_out BIGINT NOT NULL,
  PRIMARY KEY (ended_at_ms, request_id),
  UNIQUE (request_id)
);
CREATE INDEX usage_ledger_by_user ON usage_ledger (user_id, ended_at_ms);
CREATE INDEX usage_ledger_by_client ON usage_ledger (client, ended_at_ms);
CREATE INDEX usage_ledger_by_key ON usage_ledger (key_id, ended_at_ms);

-- Sums of the ledger by hour and by day (UTC), kept in the transaction that writes the rows.
CREATE TABLE usage_hour (
  bucket_start BIGINT NOT NULL,
  user_id VARCHAR(191) NOT NULL,
  client VARCHAR(191) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  model VARCHAR(191) NOT NULL,
  requests BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  unpriced BIGINT NOT NULL,
  estimated BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  billed_nano BIGINT NOT NULL,
  PRIMARY KEY (bucket_start, user_id, client, provider, model)
);
CREATE INDEX usage_hour_by_user ON usage_hour (user_id, bucket_start);
CREATE INDEX usage_hour_by_client ON usage_hour (client, bucket_start);

CREATE TABLE usage_day (
  bucket_start BIGINT NOT NULL,
  user_id VARCHAR(191) NOT NULL,
  client VARCHAR(191) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  model VARCHAR(191) NOT NULL,
  requests BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  unpriced BIGINT NOT NULL,
  estimated BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  cache_write_tokens BIGINT NOT NULL,
  cache_read_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  billed_nano BIGINT NOT NULL,
  PRIMARY KEY (bucket_start, user_id, client, provider, model)
);
CREATE INDEX usage_day_by_user ON usage_day (user_id, bucket_start);
CREATE INDEX usage_day_by_client ON usage_day (client, bucket_start);

-- Price rows that were put in here; those of the price file are not. The content is the row's JSON.
CREATE TABLE prices (
  id VARCHAR(191) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  model VARCHAR(191) NOT NULL,
  effective_from BIGINT NOT NULL,
  effective_until BIGINT NOT NULL,
  content TEXT NOT NULL
);
