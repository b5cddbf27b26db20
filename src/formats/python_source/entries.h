// When the functions of a module are called by those who load models with it.
#pragma once

#include <string_view>
#include <vector>

#include "code/python/ast.h"
#include "core/report.h"

namespace winnow::python_source {

// What the users of a module call when they load a model, or when they ask it: by the names that loaders have for
// it. `other` for everything else.
Trigger trigger_of(std::string_view function);

// The statements that run only where the file is started as a program: what stands behind `if __name__ == '__main__'`.
struct MainCode {
  std::vector<python::Node*> statements;
};
MainCode main_code(const python::Node& module);

}  // namespace winnow::python_source
