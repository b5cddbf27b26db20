// What a dotted name tells before anybody looks at arguments: whether it stands for a class, which library's
// habit it belongs to, and whether knowledge trusts or fears it. Pure predicates; the tables behind them are
// in names.cpp.
#pragma once

#include <span>
#include <string_view>

#include "core/value.h"
#include "knowledge/knowledge.h"

namespace winnow::judge {

bool is_one_of(std::span<const std::string_view> table, std::string_view word);
bool starts_with_one_of(std::span<const std::string_view> table, std::string_view word);

// Of an entry of the knowledge, beside knowledge::is_trusted. A name without one is none of these.
bool may_harm(const knowledge::Callable* known);    // it has an entry and is not trusted
bool runs_code(const knowledge::Callable* known);   // code, programs, native libraries
bool acts_on_machine(const knowledge::Callable* known);  // that, the network, files, the process
bool is_actor(const Name& name);                         // a function of the standard library that does
bool is_binder(std::string_view canonical);              // holds a function for later: partial and its kin

// Of how a name is spelled.
std::string_view last_part(std::string_view dotted);
bool names_class(std::string_view dotted);    // its last part is in capitals, after underscores
bool is_builtin(std::string_view canonical);  // of builtins
bool opens_door(std::string_view attribute);  // from there a program gets from any object to everything else

// Of the libraries that save functions: dill, cloudpickle and their copies inside other packages.
bool is_function_pickler(std::string_view canonical);
bool is_function_maker(std::string_view canonical);  // theirs, and it makes a function
bool is_class_maker(std::string_view canonical);     // makes a class that the model itself defines
bool fills_state(const Name& name);                  // fills in the function or class that it is given

// Of other libraries: functions by which they put their own objects together again when they are loaded, and
// those that bring back generated functions from their source, as torch.fx does.
bool rebuilds(std::string_view canonical);
bool restores_source(std::string_view canonical);

// Of the standard library.
bool is_harmless_import(const Name& name);        // a module or member with nothing in it that acts
bool changes_module_state(const Name& name);      // module.variable.clear(): changes what a module keeps

}  // namespace winnow::judge
