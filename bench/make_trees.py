#!/usr/bin/env python3
"""Writes benign model trees to time scanners on, and to count their false alarms.

  small       2,000 pickles of 5-50 KB, five families, protocols 2 to 5
  zips        20 PyTorch zips whose data.pkl has 10,000 entries; in the first half every entry
              has a storage of its own, in the second all are views of one storage
  deep        100 archives inside archives (zip, tar.gz, gzip, tar), two to six of them around a pickle, and as
              many around one that would run a command
  constructs  one file for each thing that honest models do and scanners like to flag
  sparse      one PyTorch zip of 8 GiB, nearly all of it a hole in the file

No library of machine learning is needed: `ModelPickler` writes the opcodes that the library would
have written, from placeholders for the library's names. The same seed gives the same bytes.
"""

import argparse
import collections
import datetime
import decimal
import functools
import gzip
import io
import operator
import os
import pathlib
import pickle
import random
import re
import struct
import tarfile
import zipfile
import zlib

# ---- pickles of names that are not installed ---------------------------------------------------


class Name(collections.namedtuple("Name", "module attribute")):
    """A class or function, written as a global."""


class Call(collections.namedtuple("Call", "callee arguments state", defaults=[None])):
    """The result of a call: REDUCE, and BUILD where there is a state."""


class New(collections.namedtuple("New", "type state")):
    """An instance made without its initialiser: NEWOBJ and BUILD."""


class Storage(collections.namedtuple("Storage", "persistent_id")):
    """Bytes of a tensor that lie outside the pickle."""


@functools.lru_cache(maxsize=None)
def name(path):
    return Name(*path.rsplit(".", 1))


class ModelPickler(pickle._Pickler):
    dispatch = dict(pickle._Pickler.dispatch)

    def persistent_id(self, obj):
        return obj.persistent_id if type(obj) is Storage else None

    def save_name(self, obj):
        module = "__builtin__" if self.proto < 3 and obj.module == "builtins" else obj.module
        if self.proto >= 4:
            self.save(module)
            self.save(obj.attribute)
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + f"{module}\n{obj.attribute}\n".encode())
        self.memoize(obj)

    def finish(self, obj, opcode):
        self.write(opcode)
        self.memoize(obj)
        if obj.state is not None:
            self.save(obj.state)
            self.write(pickle.BUILD)

    def save_call(self, obj):
        self.save(obj.callee)
        self.save(obj.arguments)
        self.finish(obj, pickle.REDUCE)

    def save_new(self, obj):
        if self.proto < 2:
            self.save_name(Name("copy_reg", "_reconstructor"))
            self.save((obj.type, object, None))
            self.finish(obj, pickle.REDUCE)
        else:
            self.save(obj.type)
            self.save(())
            self.finish(obj, pickle.NEWOBJ)

    dispatch[Name] = save_name
    dispatch[Call] = save_call
    dispatch[New] = save_new


def dump(obj, protocol=2):
    buffer = io.BytesIO()
    ModelPickler(buffer, protocol).dump(obj)
    return buffer.getvalue()


# ---- arrays and tensors ------------------------------------------------------------------------


class Arrays:
    """NumPy arrays of one file: the protocol and the release of NumPy decide how they are written."""

    def __init__(self, rng, protocol):
        self.rng = rng
        self.protocol = protocol
        self.core = rng.choice(("numpy.core", "numpy._core"))
        self.types = {}

    def type(self, code):
        if code not in self.types:
            order = "|" if code[0] in "OVb" else "<"
            flags = 63 if code[0] == "O" else 0
            self.types[code] = Call(name("numpy.dtype"), (code, False, True),
                                    (3, order, None, None, None, -1, -1, flags))
        return self.types[code]

    def record(self, fields):
        """A structured type, as the nodes of scikit-learn's trees have."""
        places, offset = {}, 0
        for field, code in fields:
            places[field] = (self.type(code), offset)
            offset += int(code[1:])
        return Call(name("numpy.dtype"), (f"V{offset}", False, True),
                    (3, "|", None, tuple(places), places, offset, 1, 16)), offset

    def of(self, raw, shape, type_):
        if self.protocol >= 5:
            return Call(name(f"{self.core}.numeric._frombuffer"), (bytearray(raw), type_, shape, "C"))
        return Call(name(f"{self.core}.multiarray._reconstruct"), (name("numpy.ndarray"), (0,), b"b"),
                    (1, shape, type_, False, raw))

    def floats(self, count):
        return self.of(self.rng.randbytes(8 * count), (count,), self.type("f8"))

    def integers(self, *values):
        return self.of(struct.pack(f"<{len(values)}q", *values), (len(values),), self.type("i8"))

    def scalar(self, value):
        return Call(name(f"{self.core}.multiarray.scalar"), (self.type("f8"), struct.pack("<d", value)))


def tensor(key, elements, shape, offset=0, view=()):
    identity = ("storage", name("torch.FloatStorage"), str(key), "cpu", elements, *view)
    stride = (shape[1], 1) if len(shape) == 2 else (1,)
    return Call(name("torch._utils._rebuild_tensor_v2"),
                (Storage(identity), offset, shape, stride, False, collections.OrderedDict()))


# ---- five families of small pickles ------------------------------------------------------------


def family_arrays(rng, size, protocol):
    arrays = Arrays(rng, protocol)
    result = {"mean": arrays.scalar(rng.random()), "std": arrays.scalar(rng.random())}
    while size > 0:
        count = rng.randrange(32, 600)
        result[f"feature_{len(result)}"] = arrays.floats(count)
        size -= 8 * count
    return result


ESTIMATORS = {
    "sklearn.linear_model._base.LinearRegression": ("coef_", "singular_"),
    "sklearn.linear_model._logistic.LogisticRegression": ("coef_", "intercept_"),
    "sklearn.preprocessing._data.MinMaxScaler": ("min_", "scale_", "data_min_", "data_max_"),
    "sklearn.preprocessing._data.StandardScaler": ("mean_", "var_", "scale_"),
    "sklearn.decomposition._pca.PCA": ("components_", "mean_", "explained_variance_"),
    "sklearn.svm._classes.SVC": ("support_vectors_", "_dual_coef_", "_intercept_"),
    "sklearn.cluster._kmeans.KMeans": ("cluster_centers_", "labels_"),
    "sklearn.naive_bayes.GaussianNB": ("theta_", "var_", "class_prior_"),
}


def estimator(arrays, rng, size):
    path = rng.choice(sorted(ESTIMATORS))
    attributes = ESTIMATORS[path]
    state = {"n_features_in_": rng.randrange(4, 200), "copy": True, "tol": 1e-4, "_sklearn_version": "1.4.2"}
    for attribute in attributes:
        state[attribute] = arrays.floats(max(1, size // len(attributes) // 8))
    return New(name(path), state)


def family_estimators(rng, size, protocol):
    arrays = Arrays(rng, protocol)
    steps = rng.randrange(1, 5)
    parts = [(f"step{i}", estimator(arrays, rng, size // steps)) for i in range(steps)]
    if steps == 1:
        return parts[0][1]
    return New(name("sklearn.pipeline.Pipeline"),
               {"steps": parts, "memory": None, "verbose": False, "_sklearn_version": "1.4.2"})


NODE = (("left_child", "i8"), ("right_child", "i8"), ("feature", "i8"), ("threshold", "f8"), ("impurity", "f8"),
        ("n_node_samples", "i8"), ("weighted_n_node_samples", "f8"), ("missing_go_to_left", "u1"))


def family_forest(rng, size, protocol):
    arrays = Arrays(rng, protocol)
    node, node_size = arrays.record(NODE)
    trees = []
    for seed in range(10):
        count = max(3, size // 10 // (node_size + 16))
        tree = Call(name("sklearn.tree._tree.Tree"), (12, arrays.integers(2), 1), {
            "max_depth": 8, "node_count": count,
            "nodes": arrays.of(rng.randbytes(count * node_size), (count,), node),
            "values": arrays.of(rng.randbytes(count * 16), (count, 1, 2), arrays.type("f8"))})
        trees.append(New(name("sklearn.tree._classes.DecisionTreeClassifier"), {
            "criterion": "gini", "splitter": "best", "random_state": seed, "n_outputs_": 1, "tree_": tree,
            "_sklearn_version": "1.4.2"}))
    return New(name("sklearn.ensemble._forest.RandomForestClassifier"), {
        "n_estimators": 10, "bootstrap": True, "estimators_": trees, "classes_": arrays.integers(0, 1),
        "_sklearn_version": "1.4.2"})


SYLLABLES = "an be co di el fu ga hi in jo ka lo mu ne or pa qu ri so ta un ve wa xi yo zu".split()


def family_vocabulary(rng, size, protocol):
    words = {"<pad>": 0, "<unk>": 1, "<s>": 2, "</s>": 3}
    while size > 0:
        word = "".join(rng.choices(SYLLABLES, k=rng.randrange(1, 6))) + str(len(words))
        words[word] = len(words)
        size -= len(word) + 8
    return {"vocabulary": words, "scores": [rng.random() for _ in range(80)], "lowercase": True,
            "maximum_length": 512, "bounds": (0, None), "special": set(("<s>", "</s>")) if protocol > 3 else None}


def state_dict(entries):
    result = collections.OrderedDict(entries)
    result._metadata = collections.OrderedDict([("", {"version": 1})])
    return result


def family_state_dict(rng, size, protocol):
    entries = []
    for key in range(max(8, size // 140)):
        rows, columns = rng.randrange(4, 768), rng.randrange(4, 768)
        part = ("query", "key", "value", "output", "up", "down")[key % 6]
        entries.append((f"encoder.layer.{key // 6}.{part}.weight", tensor(key, rows * columns, (rows, columns))))
    return state_dict(entries)


FAMILIES = (family_arrays, family_estimators, family_forest, family_vocabulary, family_state_dict)


def make_small(folder, count, seed):
    rng = random.Random(f"small {seed}")
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        protocol = 2 if family is family_state_dict else 2 + number // len(FAMILIES) % 4  # torch.save writes 2
        data = dump(family(rng, rng.randrange(5_000, 50_000), protocol), protocol)
        subfolder = os.path.join(folder, f"{number % 20:02}")
        os.makedirs(subfolder, exist_ok=True)
        label = family.__name__.removeprefix("family_")
        with open(os.path.join(subfolder, f"{number:05}_{label}.pkl"), "wb") as file:
            file.write(data)


# ---- PyTorch zips ------------------------------------------------------------------------------


class TorchZip:
    """Stored members whose data start at multiples of 64, as PyTorch writes them; zip64 where it must be."""

    def __init__(self, file):
        self.file = file
        self.directory = []

    def header(self, member, size, checksum):
        offset = self.file.tell()
        wide = struct.pack("<HHQQ", 1, 16, size, size) if size >= 0xFFFFFFFF else b""
        padding = -(offset + 30 + len(member) + len(wide) + 4) % 64
        extra = wide + b"FB" + struct.pack("<H", padding) + b"Z" * padding
        short = min(size, 0xFFFFFFFF)
        self.file.write(struct.pack("<IHHHHHIIIHH", 0x04034B50, 45 if wide else 20, 0, 0, 0, 0x21, checksum,
                                    short, short, len(member), len(extra)) + member + extra)
        self.directory.append((member, size, checksum, offset))

    def add(self, member, data):
        self.header(member.encode(), len(data), zlib.crc32(data))
        self.file.write(data)

    def add_zeros(self, member, size, checksum):
        self.header(member.encode(), size, checksum)
        self.file.seek(size, os.SEEK_CUR)

    def close(self):
        start = self.file.tell()
        for member, size, checksum, offset in self.directory:
            wide = [number for number in (size, size, offset) if number >= 0xFFFFFFFF]
            extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
            short, place = min(size, 0xFFFFFFFF), min(offset, 0xFFFFFFFF)
            self.file.write(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45 if wide else 20, 0, 0, 0, 0x21,
                                        checksum, short, short, len(member), len(extra), 0, 0, 0, 0, place)
                            + member + extra)
        end, count = self.file.tell(), len(self.directory)
        if end >= 0xFFFFFFFF or count >= 0xFFFF:
            self.file.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, end - start, start))
            self.file.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        self.file.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, min(count, 0xFFFF), min(count, 0xFFFF),
                                    min(end - start, 0xFFFFFFFF), min(start, 0xFFFFFFFF), 0))


def make_zips(folder, count, entries, seed):
    rng = random.Random(f"zips {seed}")
    os.makedirs(folder, exist_ok=True)
    for number in range(count):
        shared = number >= count // 2
        weights = []
        for i in range(entries):
            path = f"model.layers.{i // 40}.block.{i // 8 % 5}.linear{i % 8}.weight"
            weights.append((path, tensor(0, 100 * entries, (10, 10), 100 * i) if shared else tensor(i, 64, (8, 8))))
        with open(os.path.join(folder, f"{number:02}_{'one_storage' if shared else 'many_members'}.pt"), "wb") as file:
            archive = TorchZip(file)
            archive.add("archive/data.pkl", dump(state_dict(weights)))
            archive.add("archive/byteorder", b"little")
            if shared:
                archive.add("archive/data/0", rng.randbytes(400 * entries))
            else:
                for i in range(entries):
                    archive.add(f"archive/data/{i}", rng.randbytes(256))
            archive.add("archive/version", b"3\n")
            archive.close()


def make_sparse(folder, size):
    """`size` bytes of weights in 32 storages. The checksums are right; the zeros are never written."""
    os.makedirs(folder, exist_ok=True)
    storage = size // 32
    checksum, left, block = 0, storage, bytes(1 << 20)
    while left:
        checksum = zlib.crc32(block[:left], checksum)
        left -= min(left, len(block))
    weights = [(f"layers.{i}.weight", tensor(i, storage // 4, (storage // 4096, 1024))) for i in range(32)]
    with open(os.path.join(folder, "checkpoint.pt"), "wb") as file:
        archive = TorchZip(file)
        archive.add("checkpoint/data.pkl", dump(state_dict(weights)))
        archive.add("checkpoint/byteorder", b"little")
        for i in range(32):
            archive.add_zeros(f"checkpoint/data/{i}", storage, checksum)
        archive.add("checkpoint/version", b"3\n")
        archive.close()


# ---- archives inside archives ------------------------------------------------------------------


def in_zip(inner, data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("README.txt"), "A model.\n" * 20)
        archive.writestr(zipfile.ZipInfo(inner), data)
    return buffer.getvalue()


def in_tar(inner, data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, content in (("README.txt", b"A model.\n" * 20), (inner, data)):
            header = tarfile.TarInfo(member)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return buffer.getvalue()


def in_gzip(inner, data):
    return gzip.compress(data, mtime=0)


LAYERS = ((in_zip, ".zip"), (in_gzip, ".gz"), (in_tar, ".tar"), (lambda *part: in_gzip("", in_tar(*part)), ".tar.gz"))


def make_deep(folder, count, seed):
    """The same archives twice: `honest` holds models, `harmful` pickles that would run a command."""
    rng = random.Random(f"deep {seed}")
    for kind in ("honest", "harmful"):
        os.makedirs(os.path.join(folder, kind), exist_ok=True)
    for number in range(count):
        model = dump(family_estimators(rng, 20_000, 2), 2)
        command = dump({"weights": Call(name("os.system"), ("true",)), "model": 1})
        layers = [rng.choice(LAYERS) for _ in range(rng.randrange(2, 7))]
        for kind, data in (("honest", model), ("harmful", command)):
            inner = "model.pkl"
            for wrap, ending in layers:
                data = wrap(inner, data)
                inner = inner + ending if ending == ".gz" else "model" + ending
            ending = layers[-1][1]
            with open(os.path.join(folder, kind, f"{number:03}_{len(layers)}_deep{ending}"), "wb") as file:
                file.write(data)


# ---- what honest models do and scanners like to flag -------------------------------------------


def legacy_torch(obj, raw, key="80215024"):
    """torch.save before 1.6: pickles in a row, then the storages."""
    platform = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    head = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, platform))
    return head + dump(obj) + pickle.dumps([key], 2) + struct.pack("<q", len(raw) // 4) + raw


def npy(description, shape, data):
    header = f"{{'descr': '{description}', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def module(path, **modules):
    """A torch.nn.Module as `torch.save(model)` writes it."""
    empty = collections.OrderedDict
    return New(name(path), {"training": False, "_parameters": empty(), "_buffers": empty(), "_backward_hooks": empty(),
                            "_forward_hooks": empty(), "_state_dict_hooks": empty(), "_modules": empty(modules)})


def torch_module(rng):
    linear = module("torch.nn.modules.linear.Linear")
    linear.state["_parameters"]["weight"] = Call(name("torch._utils._rebuild_parameter"),
                                                 (tensor(0, 64, (8, 8)), True, collections.OrderedDict()))
    net = module("torch.nn.modules.container.Sequential", linear=linear,
                 activation=module("torch.nn.modules.activation.GELU"))
    buffer = io.BytesIO()
    archive = TorchZip(buffer)
    archive.add("net/data.pkl", dump(net))
    archive.add("net/data/0", rng.randbytes(256))
    archive.add("net/version", b"3\n")
    archive.close()
    return buffer.getvalue()


def constructs(rng):
    """File name and bytes."""
    arrays = Arrays(rng, 2)
    weights = arrays.floats(48)
    call, new = Call, New
    lookup = name("builtins.getattr")
    storage = Storage(("storage", name("torch.FloatStorage"), "80215024", "cpu", 64, None))

    def model(protocol=2, **parts):
        return dump({"weights": weights, **parts}, protocol)

    yield "getattr_method_of_own_class.pkl", model(
        net=new(name("ultralytics.nn.tasks.DetectionModel"),
                {"forward": call(lookup, (name("ultralytics.nn.modules.head.Detect"), "forward"))}))
    yield "getattr_bound_transform.pkl", model(
        after=call(lookup, (new(name("fastai.vision.augment.Resize"), {"size": 128}), "encodes")))
    yield "getattr_enum_member.pkl", model(
        mode=call(lookup, (name("torchvision.transforms.functional.InterpolationMode"), "BILINEAR")))
    yield "partial.pkl", model(scale=functools.partial(operator.mul, 0.5))
    yield "partial_of_library.pkl", model(
        layer=call(name("functools.partial"), (name("torch.nn.modules.normalization.LayerNorm"),),
                   (name("torch.nn.modules.normalization.LayerNorm"), (), {"eps": 1e-6}, None)))
    yield "attrgetter.pkl", model(key=operator.attrgetter("shape"))
    yield "itemgetter.pkl", model(key=operator.itemgetter(0, 2))
    yield "methodcaller.pkl", model(clean=operator.methodcaller("lower"))
    yield "regular_expression.pkl", model(pattern=re.compile(r"(?u)\b\w\w+\b"))
    yield "training_arguments.pkl", model(args=argparse.Namespace(lr=3e-4, resume="", seed=1))
    yield "path.pkl", model(output=pathlib.PurePosixPath("runs/17/weights"))
    yield "dates_and_decimals.pkl", model(at=datetime.datetime(2024, 5, 1), price=decimal.Decimal("0.25"))
    yield "counters.pkl", model(seen=collections.Counter("abracadabra"), rows=collections.defaultdict(list))
    twister = {"bit_generator": "MT19937", "state": {"key": arrays.integers(1, 2, 3), "pos": 3}, "has_gauss": 0}
    yield "random_state.pkl", model(
        rng=call(name("numpy.random._pickle.__randomstate_ctor"), ("MT19937",), {**twister, "gauss": 0.0}))
    yield "universal_function.pkl", model(
        transform=call(name("numpy.core._ufunc_reconstruct"), ("numpy", "log1p")))
    yield "sparse_matrix.pkl", model(
        x=new(name("scipy.sparse._csr.csr_matrix"),
              {"_shape": (4, 4), "data": weights, "indices": arrays.integers(0, 1), "indptr": arrays.integers(0, 2)}))
    blocks = call(name("pandas._libs.internals._unpickle_block"), (weights, call(name("builtins.slice"), (0, 1, 1)), 2))
    yield "data_frame.pkl", model(frame=new(name("pandas.core.frame.DataFrame"), {
        "_mgr": call(name("pandas.core.internals.managers.BlockManager"), ((blocks,), [])), "_typ": "dataframe",
        "attrs": {}, "_flags": {"allows_duplicate_labels": True}}))
    booster = new(name("xgboost.core.Booster"), {"handle": bytearray(rng.randbytes(6000))})
    yield "xgboost.pkl", dump(new(name("xgboost.sklearn.XGBClassifier"), {"n_estimators": 40, "_Booster": booster}), 4)
    yield "lightgbm.pkl", dump(new(name("lightgbm.basic.Booster"), {"handle": "tree\nversion=v4\n" * 150}), 4)
    yield "bytes_of_protocol_2.pkl", model(raw=bytes(range(256)))
    yield "bytes_of_protocol_0.pkl", dump(new(name("sklearn.naive_bayes.GaussianNB"), {"raw": b"\xff\0", "n": 1}), 0)
    yield "whole_module.pt", torch_module(rng)
    weight = tensor(80215024, 64, (8, 8), view=(None,))
    yield "legacy_torch.bin", legacy_torch(state_dict([("weight", weight)]), rng.randbytes(256))
    yield "tensor_inside_pickle.pkl", dump({"w": call(name("torch._utils._rebuild_tensor_v2"), (
        call(name("torch.storage._load_from_bytes"), (legacy_torch(storage, rng.randbytes(256)),)),
        0, (8, 8), (8, 1), False, collections.OrderedDict()))}, 4)
    yield "configuration.pkl", model(cfg=new(name("omegaconf.dictconfig.DictConfig"), {
        "_content": {"lr": 1e-3, "steps": 10}, "_parent": None, "_metadata": None}))
    yield "classes_as_keys.ckpt", model(callbacks={
        name("pytorch_lightning.callbacks.early_stopping.EarlyStopping"): {"wait_count": 0}})
    yield "training_args.bin", dump(new(name("transformers.training_args.TrainingArguments"), {
        "output_dir": "out", "save_strategy": call(name("transformers.trainer_utils.IntervalStrategy"), ("steps",))}))
    yield "words_of_an_attack.pkl", model(
        help="never load this: __import__('os').system('id') and eval(compile(...)) would run",
        tokens=["exec", "os", "system"])
    yield "numbers.npy", npy("<f8", (48,), rng.randbytes(8 * 48))
    yield "strings.npy", npy("|O", (2,), dump(Call(
        name("numpy.core.multiarray._reconstruct"), (name("numpy.ndarray"), (0,), b"b"),
        (1, (2,), arrays.type("O8"), False, ["left", "right"])), 3))


def make_constructs(folder, seed):
    os.makedirs(folder, exist_ok=True)
    for file_name, data in constructs(random.Random(f"constructs {seed}")):
        with open(os.path.join(folder, file_name), "wb") as file:
            file.write(data)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=2000, help="small pickles (2000)")
    parser.add_argument("--zips", type=int, default=20, help="PyTorch zips (20)")
    parser.add_argument("--entries", type=int, default=10_000, help="entries of each (10000)")
    parser.add_argument("--deep", type=int, default=100, help="archives inside archives (100)")
    parser.add_argument("--sparse", type=int, default=8 << 30, help="bytes of the sparse checkpoint (8 GiB)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make_small(os.path.join(options.folder, "small"), options.count, options.seed)
    make_zips(os.path.join(options.folder, "zips"), options.zips, options.entries, options.seed)
    make_deep(os.path.join(options.folder, "deep"), options.deep, options.seed)
    make_constructs(os.path.join(options.folder, "constructs"), options.seed)
    make_sparse(os.path.join(options.folder, "sparse"), options.sparse)


if __name__ == "__main__":
    main()
