// What of a module runs only where it is started as a program.
#pragma once

#include <vector>

#include "code/python/ast.h"

namespace winnow::python_source {

// The statements that run only where the file is started as a program: what stands behind `if __name__ == '__main__'`.
struct MainCode {
  std::vector<python::Node*> statements;
};
MainCode main_code(const python::Node& module);

}  // namespace winnow::python_source
