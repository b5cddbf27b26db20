#include "core/report.h"

namespace winnow {

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::skipped: return "skipped";
    case Verdict::clean: return "clean";
    case Verdict::incomplete: return "incomplete";
    case Verdict::suspicious: return "suspicious";
    case Verdict::malicious: return "malicious";
  }
  return "incomplete";
}

const char* ruling_name(Ruling ruling) {
  switch (ruling) {
    case Ruling::dismissed: return "dismissed";
    case Ruling::suspected: return "suspected";
    case Ruling::confirmed: return "confirmed";
  }
  return "suspected";
}

const char* trigger_name(Trigger trigger) {
  switch (trigger) {
    case Trigger::load: return "load";
    case Trigger::inference: return "inference";
    case Trigger::import: return "import";
    case Trigger::other: return "other";
  }
  return "other";
}

const char* safety_name(Safety safety) {
  switch (safety) {
    case Safety::innocuous: return "innocuous";
    case Safety::suspicious: return "suspicious";
    case Safety::dangerous: return "dangerous";
  }
  return "suspicious";
}

}  // namespace winnow
