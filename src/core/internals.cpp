#include "core/internals.h"

#include <algorithm>
#include <iterator>

namespace winnow {

bool leads_inside(std::string_view attribute) {
  static constexpr std::string_view kPlain[] = {
      "mro",       "gi_frame",   "gi_code",     "cr_frame",  "cr_code",   "ag_frame",      "ag_code",
      "tb_frame",  "tb_next",    "f_globals",   "f_locals",  "f_builtins", "f_back",       "f_code",
      "func_code", "func_globals", "func_closure", "func_defaults", "func_dict", "im_func", "im_self", "im_class"};
  if (std::find(std::begin(kPlain), std::end(kPlain), attribute) != std::end(kPlain)) return true;
  if (!attribute.starts_with('_') || attribute.size() < 3) return false;
  // __name__, or _Owner__name with something behind.
  const size_t second = attribute.find("__", 1);
  return (attribute.starts_with("__") && attribute.ends_with("__") && attribute.size() > 4) ||
         (attribute[1] != '_' && second != std::string_view::npos && second + 2 < attribute.size());
}

bool only_describes(std::string_view attribute) {
  static constexpr std::string_view kNames[] = {
      "__class__",       "__name__",    "__qualname__", "__doc__",  "__module__", "__init__", "__version__",
      "__annotations__", "__all__",     "__file__",     "__str__",  "__repr__",   "__len__",  "__iter__",
      "__contains__",    "__members__", "__fields__",   "__slots__", "__call__",  "__id__",   "mro"};
  return std::find(std::begin(kNames), std::end(kNames), attribute) != std::end(kNames);
}

}  // namespace winnow
