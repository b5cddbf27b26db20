// The members of PyTorch's first checkpoint format (torch.save until 0.1.9), which torch.load still reads.
// https://github.com/pytorch/pytorch/blob/main/torch/serialization.py, legacy_load
#pragma once

#include "core/scan.h"

namespace winnow::archive {

bool is_torch_tar_pickle(std::string_view name);

// Every pickle of the member becomes a child: in `storages` and `tensors` raw numbers stand between them.
void read_torch_tar_member(Scan& scan, const Artifact& artifact, std::string_view name, Bytes bytes);

}  // namespace winnow::archive
