DROP TABLE facts;
DROP TABLE revoked_tokens;
DROP TABLE signing_keys;
DROP TABLE refresh_tokens;
DROP TABLE oauth_client_redirects;
DROP TABLE oauth_clients;
DROP TABLE virtual_account_grants;
DROP TABLE virtual_accounts;
