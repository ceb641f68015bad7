// The store in a few maps: for tests of what stands on it, held to the same contract suite as the databases.
#pragma once

#include <map>
#include <mutex>

#include "store/ledger_rules.h"
#include "store/store.h"

namespace moongate {

class MemoryStore : public Store {
 public:
  Result<bool> insert_virtual_account(const VirtualAccountRecord& record) override;
  Result<std::vector<VirtualAccountRecord>> list_virtual_accounts() override;
  Result<std::optional<VirtualAccountRecord>> find_virtual_account(std::string_view id) override;
  Result<bool> set_virtual_account_enabled(std::string_view id, bool enabled) override;
  Result<bool> set_virtual_account_metadata_default(std::string_view id, bool marked) override;
  Result<bool> set_virtual_account_external_secret(std::string_view id, std::string_view sha256) override;
  Result<bool> rotate_virtual_account_key(std::string_view id, const VirtualAccountKey& fresh,
                                          std::int64_t until_s) override;
  Result<bool> erase_virtual_account(std::string_view id) override;

  Result<bool> insert_oauth_client(const OAuthClientRecord& record) override;
  Result<std::vector<OAuthClientRecord>> list_oauth_clients() override;
  Result<std::optional<OAuthClientRecord>> find_oauth_client(std::string_view id) override;
  Result<bool> set_oauth_client_enabled(std::string_view id, bool enabled) override;
  Result<bool> erase_oauth_client(std::string_view id) override;

  Result<bool> insert_refresh_token(const RefreshTokenRecord& record) override;
  Result<std::optional<RefreshTokenRecord>> find_refresh_token(std::string_view sha256) override;
  Result<bool> rotate_refresh_token(std::string_view sha256, const RefreshTokenRecord& next) override;
  Result<std::int64_t> revoke_refresh_family(std::string_view family) override;

  Result<bool> insert_signing_key(const SigningKeyRecord& record) override;
  Result<std::vector<SigningKeyRecord>> list_signing_keys() override;
  Result<bool> erase_signing_key(std::string_view key_id) override;

  Status revoke_token(const RevokedTokenRecord& record) override;
  Result<std::vector<RevokedTokenRecord>> list_revoked_tokens(std::int64_t now_s) override;

  Result<std::optional<std::string>> admin_token_sha256() override;
  Status set_admin_token_sha256(std::string_view sha256) override;

  Status erase_expired(std::int64_t now_s) override;
  Result<std::int64_t> reseal(const Reseal& reseal) override;

  Result<std::int64_t> directory_generation() override;
  Result<bool> insert_user(const UserRecord& record) override;
  Result<std::vector<UserRecord>> list_users() override;
  Result<std::optional<UserRecord>> find_user(std::string_view id) override;
  Result<std::optional<UserRecord>> find_user_by_name(std::string_view name) override;
  Result<std::optional<UserRecord>> find_user_by_email(std::string_view email) override;
  Result<bool> update_user(const UserRecord& record) override;
  Result<bool> insert_client(const ClientRecord& record) override;
  Result<std::vector<ClientRecord>> list_clients() override;
  Result<std::optional<ClientRecord>> find_client(std::string_view id) override;
  Result<std::optional<ClientRecord>> find_client_by_name(std::string_view name) override;
  Result<bool> update_client(const ClientRecord& record) override;
  Result<bool> erase_client(std::string_view id) override;
  Result<bool> insert_key(const ApiKeyRecord& record) override;
  Result<std::vector<ApiKeyRecord>> list_keys(std::string_view client_id) override;
  Result<std::optional<ApiKeyRecord>> find_key(std::string_view id) override;
  Result<std::optional<KeyHolder>> find_holder(std::string_view sha256) override;
  Result<std::optional<KeyHolder>> find_holder_by_client(std::string_view client_name) override;
  Result<bool> update_key(const ApiKeyRecord& record) override;
  Result<bool> replace_key_secret(std::string_view id, std::string_view sha256,
                                  std::string_view prefix) override;
  Result<bool> erase_key(std::string_view id) override;
  Status touch_keys(const std::vector<std::pair<std::string, std::int64_t>>& id_and_last_used_s) override;
  Result<bool> insert_upstream_account(const UpstreamAccountRecord& record) override;
  Result<std::vector<UpstreamAccountRecord>> list_upstream_accounts() override;
  Result<std::optional<UpstreamAccountRecord>> find_upstream_account(std::string_view name) override;
  Result<bool> update_upstream_account(const UpstreamAccountRecord& record) override;
  Result<bool> erase_upstream_account(std::string_view name) override;

  Result<bool> insert_session(const SessionRecord& session, const SessionTokenRecord& first) override;
  Result<std::optional<SessionRecord>> find_session(std::string_view id) override;
  Result<std::vector<SessionRecord>> list_sessions(std::string_view user_id, std::int64_t now_s) override;
  Result<bool> set_session_credential(std::string_view id, std::string_view sha256) override;
  Result<bool> erase_session(std::string_view id) override;
  Result<std::int64_t> erase_other_sessions(std::string_view user_id, std::string_view kept_id) override;
  Result<std::optional<SessionTokenRecord>> find_session_token(std::string_view sha256) override;
  Result<bool> rotate_session_token(std::string_view sha256, const SessionTokenRecord& next) override;
  Result<bool> insert_nonce(const NonceRecord& record) override;
  Result<std::optional<NonceRecord>> take_nonce(std::string_view sha256, std::string_view purpose,
                                                std::int64_t now_s) override;
  Result<bool> insert_login_key(const LoginKeyRecord& record) override;
  Result<std::vector<LoginKeyRecord>> list_login_keys() override;
  Result<bool> erase_login_key(std::string_view id) override;
  Result<bool> insert_invitation(const InvitationRecord& record) override;
  Result<std::vector<InvitationRecord>> list_invitations() override;
  Result<std::optional<InvitationRecord>> find_invitation(std::string_view token_sha256) override;
  Result<bool> use_invitation(std::string_view id, std::string_view user_id, std::int64_t now_s) override;
  Result<bool> erase_invitation(std::string_view id) override;

  Result<Appended> append_ledger(const std::vector<LedgerRecord>& records) override;
  Result<std::vector<LedgerRecord>> list_ledger(const LedgerQuery& query) override;
  Result<std::optional<LedgerRecord>> find_ledger(std::string_view request_id) override;
  Result<std::int64_t> erase_ledger(std::int64_t before_ms, int most) override;
  Result<std::int64_t> reprice_ledger(std::int64_t from_ms, std::int64_t to_ms,
                                      const std::function<void(LedgerRecord&)>& price) override;
  Result<std::vector<UsageRollup>> sum_usage(const UsageQuery& query) override;
  Result<std::int64_t> balance(std::string_view user_id) override;
  Result<std::vector<Balance>> list_balances() override;
  Result<bool> move_balance(const MovementRecord& record) override;
  Result<std::vector<MovementRecord>> list_movements(std::string_view user_id, int limit) override;
  Status check_books() override;
  Result<std::vector<PriceRecord>> list_prices() override;
  Status replace_prices(const std::vector<PriceRecord>& rows) override;
  Result<bool> insert_notification(const NotificationRecord& record) override;
  Result<std::vector<NotificationRecord>> list_notifications(int limit) override;
  Result<bool> mark_notification_read(std::string_view id, std::int64_t at_s) override;
  Status append_audit(const AuditRecord& record) override;
  Result<std::vector<AuditRecord>> list_audit(int limit) override;

  Result<std::int64_t> append_version(const ConfigVersion& record, int keep, std::int64_t max_bytes) override;
  Result<std::vector<ConfigVersion>> list_versions(std::string_view kind) override;
  Result<std::optional<ConfigVersion>> find_version(std::string_view kind, std::int64_t id) override;

  Result<bool> insert_conversation(const ConversationRecord& record) override;
  Result<std::optional<ConversationRecord>> find_conversation(std::string_view owner, std::string_view id) override;
  Result<ConversationList> list_conversations(const ConversationQuery& query) override;
  Result<bool> update_conversation(const ConversationRecord& record) override;
  Result<bool> erase_conversation(std::string_view owner, std::string_view id) override;
  Result<bool> clear_conversation(std::string_view owner, std::string_view id, std::int64_t now_s) override;
  Result<std::vector<MessageRecord>> list_messages(std::string_view conversation_id, std::int64_t after,
                                                   std::int64_t limit) override;
  Result<std::optional<MessageRecord>> find_message(std::string_view conversation_id, std::string_view client_id) override;
  Result<bool> begin_turn(std::string_view conversation_id, std::string_view turn, std::int64_t now_s,
                          std::int64_t until_s) override;
  Result<bool> end_turn(std::string_view conversation_id, std::string_view turn, const std::vector<MessageRecord>& said,
                        std::int64_t now_s) override;

 private:
  Status check_user(std::string_view user_id) const;  // kInvalid: none of that id
  Status check_client(std::string_view client_id) const;
  KeyHolder holder_of(const ApiKeyRecord& key, std::string_view client_id) const;
  Result<bool> changed(bool done);  // raises the generation when it is
  bool post(const MovementRecord& record);
  void drop_sessions(const std::function<bool(const SessionRecord&)>& is);

  std::mutex mutex_;  // guards everything below
  std::map<std::string, VirtualAccountRecord, std::less<>> accounts_;
  std::map<std::string, OAuthClientRecord, std::less<>> clients_;
  std::map<std::string, RefreshTokenRecord, std::less<>> refresh_tokens_;
  std::map<std::string, SigningKeyRecord, std::less<>> signing_keys_;
  std::map<std::string, RevokedTokenRecord, std::less<>> revoked_;
  std::optional<std::string> admin_token_sha256_;

  std::map<std::string, SessionRecord, std::less<>> sessions_;            // by id
  std::map<std::string, SessionTokenRecord, std::less<>> session_tokens_;  // by digest
  std::map<std::string, NonceRecord, std::less<>> nonces_;                 // by digest
  std::map<std::string, LoginKeyRecord, std::less<>> login_keys_;
  std::map<std::string, InvitationRecord, std::less<>> invitations_;       // by id

  std::int64_t generation_ = 0;
  std::map<std::string, UserRecord, std::less<>> users_;          // by id
  std::map<std::string, ClientRecord, std::less<>> api_clients_;  // by id
  std::map<std::string, ApiKeyRecord, std::less<>> keys_;         // by id
  std::map<std::string, UpstreamAccountRecord, std::less<>> upstream_accounts_;

  struct Posting {
    std::string movement_id, account;
    std::int64_t amount_nano = 0;
  };
  std::map<std::pair<std::int64_t, std::string>, LedgerRecord> ledger_;  // by when it ended, and id
  std::map<std::string, std::int64_t, std::less<>> ended_at_ms_;         // of a request
  UsageSums hours_, days_;
  std::map<std::string, Balance, std::less<>> balances_;
  std::vector<MovementRecord> movements_;
  std::vector<Posting> postings_;
  std::vector<PriceRecord> prices_;
  std::vector<NotificationRecord> notifications_;
  std::vector<AuditRecord> audit_;

  struct Conversation {
    ConversationRecord record;
    std::vector<MessageRecord> messages;
    std::string turn;  // empty: nobody has it
    std::int64_t turn_until_s = 0;
  };
  Conversation* owned(std::string_view owner, std::string_view id);  // null: no, or another's
  std::map<std::string, Conversation, std::less<>> conversations_;
  std::vector<ConfigVersion> versions_;
  std::int64_t last_version_ = 0;
};

}  // namespace moongate
