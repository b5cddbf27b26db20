// The rules as data: what each kind of effect means when a model causes it, and in which words.
#pragma once

#include "core/report.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {

struct Rule {
  knowledge::Effect effect;
  const char* threat;         // without the dialect where it begins with '-'
  Ruling called;              // when the program calls it
  Ruling referenced;          // when the program only holds it in what it returns
  const char* verb;           // "Starts a program", completed: " when the model is loaded: os.system('id')."
};

// The rule for an effect; null for effects that need none (pure, construct).
const Rule* rule_for(knowledge::Effect effect);

}  // namespace winnow::judge
