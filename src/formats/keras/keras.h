// Keras models: the configuration in HDF5 files of every version, in JSON and YAML texts (of .keras archives, presets
// and model_to_json), and in the metadata of a SavedModel. Weights are never read.
//
// Code hides in functions stored as bytecode, in names that the loader imports and calls, in files that it opens:
// config.h. In HDF5 files, links and datasets can reach out of the file: containers/hdf5.h.
#pragma once

#include "core/format.h"

namespace winnow::keras_format {

bool is_hdf5(const Artifact& artifact);
void read_hdf5_model(Scan& scan, const Artifact& artifact);

bool may_be_json(const Artifact& artifact);
void read_json_model(Scan& scan, const Artifact& artifact);

bool may_be_yaml(const Artifact& artifact);
void read_yaml_model(Scan& scan, const Artifact& artifact);

// keras_metadata.pb of TensorFlow 2.5 and later, and saved_model.pb, in which older ones keep the same texts.
bool may_be_metadata(const Artifact& artifact);
void read_metadata(Scan& scan, const Artifact& artifact);

inline constexpr Format kHdf5{"keras-h5", is_hdf5, read_hdf5_model};
inline constexpr Format kJson{"keras-json", may_be_json, read_json_model};
inline constexpr Format kYaml{"keras-yaml", may_be_yaml, read_yaml_model};
inline constexpr Format kMetadata{"keras-metadata", may_be_metadata, read_metadata};

}  // namespace winnow::keras_format
