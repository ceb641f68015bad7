DROP TABLE audit_log;
DROP TABLE notifications;
DROP TABLE messages;
DROP TABLE conversations;
DROP TABLE login_nonces;
DROP TABLE user_refresh_tokens;
DROP TABLE user_sessions;
