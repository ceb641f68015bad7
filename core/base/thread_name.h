// Names of threads, for whoever looks at the process with top -H or a profiler.
#pragma once

#include <pthread.h>

#include <string>

namespace moongate {

// Of the calling thread; the kernel keeps 15 characters.
inline void name_this_thread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

}  // namespace moongate
