// Places on a machine that matter to thieves and intruders, for code that deals with files all day: fewer than
// knowledge::sensitive_path() holds, which is for saved objects that have no business with files at all.
#pragma once

#include <string_view>

namespace winnow::judge {

// Where keys, tokens, passwords, cookies and wallets are kept.
bool is_secret_place(std::string_view path);
// What is run, loaded or obeyed later by somebody else: start-up files, timetables, lists of who may log in.
bool is_startup_place(std::string_view path);
// Whether the name of a variable of the environment says that it holds a secret.
bool is_secret_variable(std::string_view name);

}  // namespace winnow::judge
