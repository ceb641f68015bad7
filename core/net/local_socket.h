// Sockets of this machine, under a path that only their owner may open.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace moongate {

// A listening socket with mode 0600; its directory must exist. What a process that is gone left there is taken away.
// kConnect: somebody listens there, or the path cannot be used; the message names it and says what to do.
Result<int> listen_local(const std::string& path);
// A connected socket, blocking. kNotFound: nobody listens there; kConnect: it cannot be opened.
Result<int> connect_local(const std::string& path);
// The user whose process connected. Nothing: no such socket.
std::optional<uid_t> local_peer(int fd);

}  // namespace moongate
