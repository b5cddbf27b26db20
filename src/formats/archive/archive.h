// Archives as formats: their members become artifacts of their own. See zip_format.cpp, tar_format.cpp and
// other_format.cpp for where code can hide in each.
#pragma once

#include "core/format.h"

namespace winnow::archive {

bool is_zip(const Artifact& artifact);
void read_zip_format(Scan& scan, const Artifact& artifact);
inline constexpr Format kZip{"zip", is_zip, read_zip_format};

bool is_tar(const Artifact& artifact);
void read_tar_format(Scan& scan, const Artifact& artifact);
inline constexpr Format kTar{"tar", is_tar, read_tar_format};

bool is_other(const Artifact& artifact);
void read_other_format(Scan& scan, const Artifact& artifact);
inline constexpr Format kOther{"archive", is_other, read_other_format};

}  // namespace winnow::archive
