// Lua's C interface. Included by nothing outside this folder.
#pragma once

#include <lua.hpp>
