// The way of one request through the gateway. pipeline.cpp reads like the list in docs/architecture.md; relay.cpp moves
// the bytes once an upstream has been chosen.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "meter/usage_tap.h"
#include "openai/openai_call.h"
#include "proxy/client_connection.h"
#include "proxy/exchange.h"
#include "proxy/local_reply.h"
#include "proxy/quota.h"
#include "proxy/request_watch.h"

namespace moongate {

class Pipeline final : public Exchange {
 public:
  Pipeline(ClientConnection& connection, std::unique_ptr<RequestHead> head);
  ~Pipeline() override;

  // From the parsed head to the log line. False: the connection must be closed.
  Task<bool> run();

  RequestBody& body() override { return body_; }
  std::string_view caller_credential() override;

 private:
  // How an attempt at an upstream ended.
  enum class Attempt : std::uint8_t {
    kFinished,   // an answer went to the client, whole or cut
    kRetryHere,  // nothing was sent to the client: the same route again (stale connection, refused token)
    kRetryNext,  // nothing was sent to the client and nothing executed: the next route may be tried
    kRejected,   // rejection is set
  };

  // -- pipeline.cpp: the phases
  Task<bool> hook(Phase phase);  // false: rejected
  Task<void> serve();
  Task<Status> learn_model();
  Task<void> hand_on_report();   // telemetry, where the settings want that
  Task<bool> answer_itself();    // health, telemetry, unknown paths, upgrades: true when answered
  Task<bool> filter_request();
  Task<void> finish();           // settle, log
  void release_head();
  bool policy_keeps_head() const;

  // -- failover.cpp: which route, and which after that
  Task<void> try_routes();
  Task<Attempt> try_route(bool fresh_connection);
  bool order_routes();           // false: every account is disabled
  std::string health_model(const Route& each) const;
  HealthView health_of(const Route& each) const;
  std::size_t next_fit_route() const;   // routes.size(): none
  bool admitted(std::size_t at, bool tried);
  Task<bool> map_credential();          // false: replied, or (503) another route may have one
  Task<bool> pause(std::int64_t ms);    // false: the client has left meanwhile
  void look_for_notices();
  void note_unreachable(const std::string& why);
  void note_answer(int code);

  // -- failover_affinity.cpp: who holds what this is about
  Task<Status> place_request();
  Task<std::string> find_owner(AffinityTable& table, std::string key, std::int64_t ttl_ms);
  void keep_owner(AffinityTable& table, const std::string& key, std::int64_t ttl_ms);
  std::size_t route_of(std::string_view label) const;  // routes.size(): none
  void note_owner();
  void look_for_name(std::string_view piece);
  bool answer_must_be_plain() const;

  // -- failover_trace.cpp
  void begin_trace();
  void explain(std::string_view key, std::string_view value);
  void explain_routes();
  void explain_attempt(std::string_view outcome_text);
  void append_trace(std::string& out) const;

  // -- failover_answer.cpp: what a refusal leads to
  Task<std::optional<Attempt>> judge_refusal();
  Task<bool> read_refusal(std::string& payload);
  UpstreamError classify(std::string_view payload) const;
  Task<bool> strip_signatures();
  void let_go_of_refusal();
  Task<bool> deliver_refusal();  // the last one that was held back; false: there is none
  bool load_refusal();
  bool retries_executed();       // an attempt without answer may be made again

  // -- openai_face.cpp: whoever speaks OpenAI's language is answered in it, by others
  Task<void> answer_models();
  Task<bool> read_openai_call();       // false: replied
  Status translate_request();          // into native_ and the body
  const ApiTarget& sent_target() const { return openai_ ? native_ : target; }
  void begin_translation();            // the answer's head is there
  void pump_whole();                   // an answer that is no stream
  void give_translated(std::string body);
  void translate_event(std::string_view raw);
  void end_translation();              // of a stream that has ended well

  // -- upstream_request.cpp: what is sent
  std::string_view location_of(const Route& each) const;
  Endpoint endpoint_of(const Route& each, std::string_view location) const;
  void take_betas();
  std::string betas_to_send() const;
  Status prepare_upstream();     // endpoint_, head_text_; edits the body where the APIs differ
  std::string_view upstream_model() const;
  bool needs_body_edit() const;
  Status adapt_body();
  void mark_unforwarded();
  std::uint64_t replay_bytes() const;
  void compose_request_head(const std::string& request_target);
  bool may_replay();             // rewinds the body, if all that was sent is still held

  // -- quota.cpp: the caller's limits, before anybody is asked
  Task<bool> reserve_quota();    // false: refused, and told so
  Task<bool> reserve_levels(bool prepaid);
  Task<UsedAmounts> expected_use(bool tokens_count);
  Task<std::int64_t> expected_output();
  Task<void> learn_video();      // what is asked for: no answer tells it
  Task<void> reply_refused_by_limit();
  void release_quota(const struct UsageCost& cost);
  void append_quota_headers(std::string& out) const;
  void drop_quota_headers(ResponseHead& head) const;
  const struct PriceRow* price_of(const Route& each) const;
  std::int64_t markup_ppm() const;

  // -- settlement.cpp: the ledger
  void settle();                 // once; what was used is final
  AccessRecord describe_exchange() const;

  // -- pipeline_watch.cpp: for whoever looks on; nothing is noted when nobody can
  void note(RequestNote::Kind kind, int about_status = 0, std::uint32_t value = 0, std::uint8_t at = RequestNote::kNoRoute);
  void note_attempt(RequestNote::Kind kind, int about_status = 0, std::uint32_t value = 0);  // of the route being tried
  void count_attempt(RequestNote::Kind kind, int code) const;
  void note_reserved();
  void note_routes();
  void begin_capture();
  void see_answer(std::string_view payload);  // every byte of an upstream's answer
  WatchedRequest watched(const AccessRecord& record) const;
  void tell_begun();
  void tell_ended(const AccessRecord& record);

  // -- hand_over.cpp: conversations
  Task<bool> read_small_body();  // false: replied
  struct HttpRequest plain_request() const;
  Task<void> hand_over();
  Task<void> pass_answer(class LocalCall& call, bool head_only);
  std::string local_head(const struct HttpResponse& head, std::int64_t length, bool chunked) const;
  Task<void> tell_caller();
  bool is_inner_question() const;  // asked by the process itself: nothing to write down

  // -- replies
  Task<void> reply(int status, std::string body, ReplyHead head);
  Task<void> reply_error(int status, std::string message, std::string reason = {}, int retry_after = -1);
  Task<void> reply_rejection();
  Task<void> reply_failure(const Error& error);  // of the client's body or the upstream

  // -- relay.cpp: the bytes
  enum class Stage : std::uint8_t { kAwaitHead, kHeadReady, kBody, kDone };
  Task<Attempt> relay(bool held_back = false);  // held_back: of the refusal that was kept, with nothing to send
  bool read_upload();            // true: there is something to write
  void pump_upload();
  void queue_chunks();
  void give_up_on_client();      // its body failed while the upstream was being sent to
  void pump_head();
  void pump_body();
  Task<void> pump_filtered();
  Task<std::optional<Attempt>> accept_head();   // phases on the answer's head, then the client's head is made
  void begin_answer();           // the head is final: how its body is laid out
  void compose_client_head();
  void take_body(std::string_view raw);
  void flush_client();
  bool client_pending() const;
  void upstream_ended(bool clean, std::string why);
  void cut(Outcome outcome, std::string why);
  void append_chunk(std::string_view payload);
  void append_error_event();
  void keep_uploads_here(ResponseHead& head) const;
  Dialect answer_dialect() const;
  bool errors_in_array() const;  // Google wraps the error of a stream that is an array in an array, too
  bool stream_lacks_end() const;
  MonoMs next_deadline() const;
  void on_deadline();
  void send_keepalive();
  void complete_answer();
  bool client_left() const;
  // relay_drain.cpp: for a client that has left, where the settings ask for it
  bool drains() const;
  Task<void> drain_upstream();

  ClientConnection& client_;
  Worker& worker_;
  const Settings& settings_;
  std::shared_ptr<Phases> phases_;
  std::unique_ptr<RequestHead> request_head_;
  std::unique_ptr<ResponseHead> response_head_;
  BodyReader body_;
  std::string id_;
  std::string credential_storage_;   // a decoded ?key=
  std::optional<std::string_view> caller_credential_;
  bool body_begun_ = false;
  bool keep_alive_ = true;
  bool answered_ = false;            // something of an answer went to the client
  bool linger_ = false;              // close with an eye on what the client still sends
  std::size_t consumed_ = 0;         // of the connection's buffer: this request's bytes
  std::string error_;                // for the log
  std::string location_;             // of Vertex, as asked for; prices may go by it
  std::unique_ptr<HeldQuota> quota_; // null: no limits
  bool settled_ = false;
  RequestWatch* const watch_;        // null: nobody looks on
  RequestNotes notes_;
  std::unique_ptr<CapturedBodies> capture_;  // null: the bodies are not kept
  bool priced_ = false;
  NanoDollars cost_nano_ = 0, billed_nano_ = 0;
  bool usage_estimated_ = false;
  bool reminted_ = false;
  std::string version_header_;                // anthropic-version, where the caller had it in the body
  std::optional<std::string> original_body_;  // before an edit for one route
  std::unique_ptr<OpenAiCall> openai_;        // null: not that face
  std::string native_text_;                   // native_'s bytes
  ApiTarget native_;                          // what the call is for this route's provider

  // -- between attempts
  struct Retry {
    int answers = 0;                 // refusals that came
    int here = 0;                    // attempts on this route
    std::size_t next = 0;            // the route to try after this one
    std::int64_t wait_ms = 0;        // before the next attempt
    bool stripped = false;
    bool betas_dropped = false;
    bool whole = false;              // the refusal was read to its end
    std::size_t end = 0;             // of it, in up_
    std::string refusal;             // head and body of the last whole one, as they came
    const Route* refused = nullptr;  // by whom
  } retry_;
  std::string affinity_key_;         // empty: no conversation that is known by anything
  std::int64_t affinity_ms_ = 0;
  std::int64_t video_ms_ = Usage::kUnset;  // asked for
  std::unique_ptr<JsonScanner> names_;  // looks for the name of what this makes
  bool tracing_ = false;
  std::string trace_;
  std::string betas_;                // the caller's anthropic-beta, once it had to be taken apart
  bool betas_taken_ = false;

  // -- one attempt
  Endpoint endpoint_;
  std::unique_ptr<UpstreamConnection> upstream_;
  std::string head_text_;            // the request head for the upstream
  std::size_t head_sent_ = 0;
  bool chunked_upload_ = false;
  bool final_chunk_queued_ = false;
  bool upload_broken_ = false;       // the upstream takes no more; its answer may still come
  bool upload_untouched_ = true;     // not a byte of the request has been sent
  bool retry_stale_ = false;         // a kept-alive connection was closed before it said anything
  Error failure_;                    // why there is no answer
  std::string method_;               // copies of what outlives the head
  std::string path_;
  std::string upstream_model_;
  int upstream_status_ = 0;

  // -- the answer
  Stage stage_ = Stage::kAwaitHead;
  Buffer up_;                        // received from the upstream, [up_begin_, up_end_) unused
  std::size_t up_begin_ = 0;
  std::size_t up_end_ = 0;
  std::size_t up_searched_ = 0;
  bool large_reads_ = false;
  BodyFramer framer_;
  std::optional<UsageTap> tap_;
  BodyForm form_ = BodyForm::kOpaque;
  bool encoded_ = false;             // the answer has a Content-Encoding
  bool reframe_ = false;             // our own chunks, or none for HTTP/1.0, instead of the upstream's bytes
  bool client_chunked_ = false;
  bool filter_events_ = false;
  bool hold_whole_ = false;          // until it can be told in another language
  std::string whole_;
  Buffer kept_head_;                 // what response_head_ points into meanwhile
  bool upstream_done_ = false;
  bool may_write_ = false;           // to the client: the turn's reads are over
  bool wants_write_ = false;
  bool upstream_reusable_ = false;
  bool client_http_1_0_ = false;
  bool boundary_ok_ = true;          // nothing of a chunk's size line has gone to the client without its chunk
  bool end_with_cut_ = false;        // when all is written: FIN, with the message incomplete
  bool cut_ = false;
  bool client_lost_ = false;         // it takes nothing more; the upstream is still there
  std::string out_;                  // to the client, before the buffer's bytes
  std::size_t out_sent_ = 0;
  Buffer raw_;                       // and then these
  std::size_t raw_begin_ = 0;
  std::size_t raw_end_ = 0;
  std::string tail_;                 // and then this (an error event behind raw bytes)
  std::size_t tail_sent_ = 0;
  std::unique_ptr<class EventFilter> filter_;

  // -- deadlines
  MonoMs upload_progress_ = 0;
  MonoMs sent_at_ = 0;               // the request was sent whole; 0: not yet
  MonoMs upstream_progress_ = 0;
  MonoMs client_progress_ = 0;
  MonoMs last_written_ = 0;          // something went to the client
};

}  // namespace moongate
