// Deeds: what a plugin can do to the process that loads it, by name.
#pragma once

#include <string_view>

namespace rude {

/// Does the deed of that name; nothing where there is none. Some do not return.
void misbehave(std::string_view deed);

/// Of this plugin, from its way.cpp: when it does what, "step" and "segfault" say.
extern const char* const when;
extern const char* const deed;

inline void act(std::string_view moment) {
  if (moment == when) misbehave(deed);
}

}  // namespace rude
