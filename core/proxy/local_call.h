// Requests of the data ports that a service of the control plane answers: handed over inside the process, so that nothing
// of them (who asks, from where, over TLS or not) has to be claimed on a wire.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "http/message.h"

namespace moongate {

// One such request's answer on its way from a thread that may block to the worker that has the client. At most about
// 64 KiB wait in it.
class LocalCall final : public BodyWriter {
 public:
  // `wake` is called on the service's thread whenever there is news for the worker.
  explicit LocalCall(std::function<void()> wake) : wake_(std::move(wake)) {}

  // -- the service's thread, in this order
  // The head, and the body where it is all there; once. `streams`: write() and end() follow.
  void answer(HttpResponse response, bool streams);
  bool write(std::string_view bytes) override;
  void end();

  // -- any thread
  bool gone() const override;

  // -- the worker's thread
  struct News {
    bool has_head = false;  // told once
    HttpResponse head;      // with it; `body` is in bytes
    bool streams = false;   // with it
    std::string bytes;      // of the body
    bool ended = false;
  };
  News take();
  // The client has left, or the worker ends.
  void leave();

 private:
  std::function<void()> wake_;
  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable room_;
  HttpResponse head_;
  std::string bytes_;
  bool has_head_ = false, streams_ = false, ended_ = false, gone_ = false;
};

// Thread-safe.
class LocalService {
 public:
  virtual ~LocalService() = default;
  // Answers on a thread of its own. Never blocks. False: there is too much to do; `call` will not be touched.
  virtual bool begin(HttpRequest request, std::shared_ptr<LocalCall> call) = 0;
};

}  // namespace moongate
