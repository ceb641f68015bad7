// Boost.JSON's own code, once in the program: Debian ships the library as headers.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include <boost/json/src.hpp>
#pragma clang diagnostic pop
