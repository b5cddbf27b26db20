// HDF5 files as libhdf5 opens them, as far as a model's loader looks at more than numbers: groups, links, the
// attributes that hold text, what a dataset says about where its numbers lie, and the bytes of datasets of bytes,
// in which libraries keep objects. Numbers are never read.
//
// A file can make its reader open other files: external links, datasets whose raw data lie elsewhere, virtual
// datasets, links and filters that load a plug-in. None of that is followed; all of it is told. Groups can form
// cycles, trees and heaps can point anywhere: every object is looked at once, and all work is counted.
// Specification: HDF5 File Format Specification, version 3.0 (superblocks 0 to 3, object headers 1 and 2).
//
// libhdf5 itself is not used: it is not written for hostile files, one of which would end the whole scan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.h"
#include "bytes/result.h"

namespace winnow::containers {

struct Hdf5Attribute {
  std::string_view name;
  bool text = false;                    // strings, of fixed or variable length
  bool scalar = false;                  // one item without dimensions
  std::vector<std::string_view> texts;  // of a text attribute, without padding; of others the raw value
  uint64_t offset = 0;                  // of the first item, in bytes
};

enum class Hdf5Kind : uint8_t { group, dataset, other };

struct Hdf5Object {
  Hdf5Kind kind = Hdf5Kind::other;
  uint32_t parent = 0;        // index of the group that links to it; the root's is its own
  std::string_view name;      // of that link
  uint64_t offset = 0;        // of its header, in bytes
  uint64_t items = 0;         // of a dataset: as many as its shape promises; saturates
  uint64_t item_size = 0;     // of a dataset: bytes of one item
  std::vector<Hdf5Attribute> attributes;
  // Of a dataset of bytes or of texts: how each row begins, as far as it stands in the file as it is.
  std::vector<Bytes> blobs;

  const Hdf5Attribute* attribute(std::string_view named) const;
};

// What in the file would make libhdf5 open something else.
enum class Hdf5Reach : uint8_t { external_link, external_data, virtual_dataset, user_link, plugin_filter };

struct Hdf5Outside {
  Hdf5Reach reach = Hdf5Reach::external_link;
  uint32_t object = 0;     // index of the dataset, or of the group that holds the link
  std::string name;        // of the link; empty for datasets
  std::string target;      // the file, or the number of the plug-in
  std::string inside;      // the object in that file
  uint64_t offset = 0;     // in bytes
};

struct Hdf5 {
  uint64_t start = 0;                // of the superblock; before it is a block that belongs to others
  std::vector<Hdf5Object> objects;   // [0] is the root group
  std::vector<Hdf5Outside> outside;
  std::vector<Error> damage;         // what could not be read; the first few of it
  uint64_t damaged = 0;              // how many

  std::string path(uint32_t object) const;
};

// Where the superblock stands, if there is one: at the start, or behind a block of 512, 1024, ... bytes.
std::optional<uint64_t> find_hdf5(Bytes bytes);

// The whole tree. Views point into `bytes`.
Hdf5 read_hdf5(Bytes bytes);

}  // namespace winnow::containers
