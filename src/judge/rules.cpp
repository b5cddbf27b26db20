#include "judge/rules.h"

namespace winnow::judge {
namespace {

using knowledge::Effect;
using enum Ruling;

constexpr Rule kRules[] = {
    {Effect::code, "-code-execution", confirmed, confirmed, "Runs code"},
    {Effect::process, "-code-execution", confirmed, confirmed, "Starts a program"},
    {Effect::native, "-native-code", confirmed, confirmed, "Loads or runs native code"},
    {Effect::network, "-network-access", confirmed, suspected, "Reaches into the network"},
    {Effect::file_write, "-file-write", confirmed, suspected, "Writes to the file system"},
    {Effect::file_delete, "-file-delete", confirmed, suspected, "Deletes or moves files"},
    {Effect::file_read, "-file-read", suspected, dismissed, "Reads files of the machine"},
    {Effect::environment, "-environment-access", suspected, dismissed, "Reads or changes the process environment"},
    {Effect::deserialise, "-unsafe-deserialisation", suspected, suspected, "Loads serialised objects that can run code"},
    {Effect::fetch_model, "transitive-model-load", suspected, dismissed, "Loads another model"},
    {Effect::terminate, "-process-termination", confirmed, suspected, "Ends or disturbs the process"},
    {Effect::introspect, "-introspection", suspected, suspected, "Reaches into the interpreter's own objects"},
    {Effect::import, "-dynamic-import", suspected, dismissed, "Imports a module by name"},
    {Effect::tamper, "-runtime-tampering", confirmed, suspected, "Changes the interpreter or code that others run"},
    {Effect::input, "-denial-of-service", suspected, dismissed, "Blocks or waits"},
    {Effect::call, "-callback", suspected, dismissed, "Hands a callable to something that calls it"},
};

}  // namespace

const Rule* rule_for(Effect effect) {
  for (const Rule& rule : kRules) {
    if (rule.effect == effect) return &rule;
  }
  return nullptr;
}

}  // namespace winnow::judge
