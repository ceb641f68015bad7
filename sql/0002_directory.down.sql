DROP TABLE upstream_accounts;
DROP TABLE api_keys;
DROP TABLE clients;
DROP TABLE users;
DROP TABLE counters;
