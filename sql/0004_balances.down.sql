DROP TABLE balances;
DROP TABLE balance_postings;
DROP TABLE balance_movements;
