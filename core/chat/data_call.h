// A request of the conversations' service to the gateway's own data port, where it is served as anybody's: authentication,
// policy, limits, metering, failover.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/body_framer.h"
#include "http/message.h"

namespace moongate {

// The way there. Thread-safe.
class DataPort {
 public:
  virtual ~DataPort() = default;
  // A connected, blocking socket; the caller closes it. `address`, `tls`: of whom the request is made for.
  virtual Result<int> connect(std::string_view address, bool tls) = 0;
  // The gateway is ending.
  virtual bool ending() const = 0;
};

struct DataRequest {
  std::string method = "POST";
  std::string target;
  HeaderList headers;      // neither Host nor what frames the body
  std::string body;
  std::string address;     // of whom this is made for
  bool tls = false;
};

// One exchange, used by one thread. Nothing blocks longer than kSliceMs, so that whoever waits can look whether anybody
// still wants the answer.
class DataCall {
 public:
  static constexpr int kSliceMs = 200;

  // Sends the request. kUnavailable, kClosed.
  static Result<std::unique_ptr<DataCall>> send(DataPort& port, const DataRequest& request);
  ~DataCall();  // an answer that has not ended is cancelled
  DataCall(const DataCall&) = delete;
  DataCall& operator=(const DataCall&) = delete;

  // Waits for the head. False: it is not there yet. kClosed, kProtocol.
  Result<bool> read_head();
  int status() const { return status_; }
  const HeaderList& headers() const { return headers_; }

  struct Piece {
    std::string bytes;   // of the body; empty: nothing came in this time
    bool ended = false;  // the body has ended as it should
  };
  // kClosed: the answer was cut.
  Result<Piece> read();
  // The whole body, at most `max_bytes` of it; `gone` is asked now and then. kCanceled, kClosed.
  Result<std::string> read_all(std::size_t max_bytes, const std::function<bool()>& gone);

 private:
  explicit DataCall(int fd) : fd_(fd) {}
  // False: nothing came in a slice of time.
  Result<bool> receive();

  int fd_;
  std::string method_;
  std::string in_;
  std::size_t searched_ = 0;
  bool have_head_ = false;
  int status_ = 0;
  HeaderList headers_;
  BodyFramer framer_;
};

// Sends, waits for the head. kCanceled: `gone` said so; kTimeout.
Result<std::unique_ptr<DataCall>> call_data_port(DataPort& port, const DataRequest& request,
                                                 const std::function<bool()>& gone);

}  // namespace moongate
