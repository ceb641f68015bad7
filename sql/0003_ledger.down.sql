DROP TABLE prices;
DROP TABLE usage_day;
DROP TABLE usage_hour;
DROP TABLE usage_ledger;
