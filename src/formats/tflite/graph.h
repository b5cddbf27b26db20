// A TensorFlow Lite model as a graph of TensorFlow's operations, so that the same engine runs both.
#pragma once

#include <deque>
#include <functional>
#include <set>
#include <string>

#include "code/graph/tensorflow.h"
#include "containers/flatbuffer.h"

namespace winnow::tflite {

struct Converted {
  graph::Model model;
  std::deque<std::string> texts;        // that the model's views stand in
  std::set<std::string_view> custom;    // operations that the application has to bring
  bool spent = false;                   // more operators than are looked at
};

// `allow` is asked before each operator.
Converted convert(containers::FlatBuffer& file, const std::function<bool()>& allow);

}  // namespace winnow::tflite
