// Tables and arrays of data sets that lie beside models: Arrow's streams and files, Feather, Parquet, Zarr. They hold
// columns of values; what is unpickled when they are opened is handed on.
#pragma once

#include "core/format.h"

namespace winnow::columns {

bool is_arrow(const Artifact& artifact);
void read_arrow(Scan& scan, const Artifact& artifact);
inline constexpr Format kArrow{"arrow", is_arrow, read_arrow};

bool is_parquet(const Artifact& artifact);
void read_parquet(Scan& scan, const Artifact& artifact);
inline constexpr Format kParquet{"parquet", is_parquet, read_parquet};

bool is_zarr(const Artifact& artifact);
void read_zarr(Scan& scan, const Artifact& artifact);
inline constexpr Format kZarr{"zarr", is_zarr, read_zarr};

}  // namespace winnow::columns
