#include "formats/python_source/likeness.h"

#include <gtest/gtest.h>

#include "code/python/callers.h"

namespace winnow::python_source {
namespace {

bool is_python(std::string_view path, std::string_view text, Hint hint = Hint::none) {
  Artifact artifact;
  artifact.path = path;
  artifact.hint = hint;
  artifact.bytes = as_bytes(text);
  return looks_like_python(artifact);
}

TEST(PythonLikeness, GoesByTheName) {
  EXPECT_TRUE(is_python("repo/modeling_x.py", "x = 1\n"));
  EXPECT_TRUE(is_python("model.zip!code/HANDLER.PY", "print 'x'\n"));
  EXPECT_TRUE(is_python("empty/__init__.py", ""));
  EXPECT_FALSE(is_python("a.py", std::string_view("\x80\x04\x00\x00", 4)));
  EXPECT_FALSE(is_python("a.py", "x = 1\n", Hint::storage));
  EXPECT_FALSE(is_python("model.pt!model/code/__torch__/net.py", "class Net(Module):\n  pass\n"));
}

TEST(PythonLikeness, UnderOtherNamesByWhatItSays) {
  EXPECT_TRUE(is_python("start", "#!/usr/bin/env python3\nx = 1\n"));
  EXPECT_TRUE(is_python("weights.dat", "import os\nos.system('id')\n"));
  EXPECT_TRUE(is_python("code.txt", "# comment\nfrom os import path\n\ndef f(x):\n  return x\n"));
  EXPECT_FALSE(is_python("README.md", "# Title\n\nimport os is how to start.\n\nimport os\n"));
  EXPECT_FALSE(is_python("a.json", "{\"import os\": 1}\n"));
  EXPECT_FALSE(is_python("Main.java", "import java.util.List;\nclass A {\n}\n"));
  EXPECT_FALSE(is_python("a.js", "import x from 'y'\nclass A {}\n"));
  EXPECT_FALSE(is_python("a.c", "#include <stdio.h>\nint main() { return 0; }\n"));
  EXPECT_FALSE(is_python("a.go", "package main\nimport \"fmt\"\nfunc main() {}\n"));
  EXPECT_FALSE(is_python("notes.txt", "import the data\nfrom here import nothing works\n"));
  EXPECT_FALSE(is_python("merges.txt", "#version: 0.2\ni n\nt h\n"));
  EXPECT_FALSE(is_python("", ""));
}

TEST(PythonLikeness, FilesOfPaths) {
  EXPECT_TRUE(is_python("lib/x.pth", "/opt/lib\nimport os; os.getcwd()\n"));
  EXPECT_FALSE(is_python("lib/x.pth", "/opt/lib\n../important\n"));
  EXPECT_FALSE(is_python("model.pth", std::string_view("PK\x03\x04\x00import os\n", 16)));
}

TEST(PythonEntries, Triggers) {
  EXPECT_EQ(python::trigger_of("__init__"), Trigger::load);
  EXPECT_EQ(python::trigger_of("from_pretrained"), Trigger::load);
  EXPECT_EQ(python::trigger_of("forward"), Trigger::inference);
  EXPECT_EQ(python::trigger_of("helper"), Trigger::other);
}

}  // namespace
}  // namespace winnow::python_source
