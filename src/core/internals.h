// Attributes that Python keeps for itself: from there a program gets from any object to the interpreter.
#pragma once

#include <string_view>

namespace winnow {

// __class__ and its like, names that Python mangled (_Owner__name), and the frames and globals of code; what jinja's
// sandbox refuses, whatever the object. `mro` and the like have no underscore.
bool leads_inside(std::string_view attribute);
// Those of them that only name or describe what they are asked of: __class__, __name__, __doc__. The next step is told
// by its own name.
bool only_describes(std::string_view attribute);

}  // namespace winnow
