DROP TABLE virtual_account_old_keys;
DROP TABLE config_versions;
DELETE FROM counters WHERE name = 'config_version';
