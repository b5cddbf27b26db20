// Paths as they are written: put together and taken apart without asking any file system.
#pragma once

#include <string>
#include <string_view>

namespace winnow {

// "a/b" of "a/b/c.py"; "." of a bare name.
std::string_view folder_of(std::string_view path);

// "a/./b" and "../c" make a/c; steps above the beginning stay as "..".
std::string joined_path(std::string_view folder, std::string_view path);

}  // namespace winnow
