// What keeps functions and calls them, written in Python: pools, queues, dispatchers, codecs, commands, data bases.
#include "code/machine/models_written.h"

namespace winnow::machine {
namespace {

constexpr std::string_view kPool = R"py(
class Done:
    def __init__(self, value): self.value = value
    def get(self, timeout=None): return self.value
    def wait(self, timeout=None): return None
    def ready(self): return True
    def successful(self): return True
class ThreadPool:
    def __init__(self, *arguments, **keywords): pass
    def map(self, function, items, chunksize=None): return [function(item) for item in items]
    def imap(self, function, items, chunksize=None): return iter([function(item) for item in items])
    def imap_unordered(self, function, items, chunksize=None): return iter([function(item) for item in items])
    def map_async(self, function, items, chunksize=None, callback=None, error_callback=None):
        values = [function(item) for item in items]
        if callback: callback(values)
        return Done(values)
    def starmap(self, function, items, chunksize=None): return [function(*item) for item in items]
    def starmap_async(self, function, items, chunksize=None, callback=None, error_callback=None):
        return Done([function(*item) for item in items])
    def apply(self, function, args=(), kwds={}): return function(*args, **kwds)
    def apply_async(self, function, args=(), kwds={}, callback=None, error_callback=None):
        value = function(*args, **kwds)
        if callback: callback(value)
        return Done(value)
    def close(self): pass
    def join(self): pass
    def terminate(self): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass
Pool = ThreadPool
)py";

constexpr std::string_view kFunctions = R"py(
class partialmethod:
    def __init__(self, function, *arguments, **keywords):
        self.function, self.arguments, self.keywords = function, arguments, keywords
    def __get__(self, instance, owner=None):
        function, arguments, keywords = self.function, self.arguments, self.keywords
        def call(*more, **others):
            return function(instance, *arguments, *more, **keywords, **others)
        return call
def table_of(function, place):
    table = []
    def dispatch(kind):
        chosen = function
        for one, held in table:
            if issubclass(kind, one): chosen = held
        return chosen
    def dispatcher(*arguments, **keywords):
        chosen = function
        for kind, one in table:
            if isinstance(arguments[place], kind): chosen = one
        return chosen(*arguments, **keywords)
    def register(kind, one=None):
        if one is None and isinstance(kind, type): return lambda given: register(kind, given)
        if one is None:
            one = kind
            for name in one.__annotations__:
                kind = one.__annotations__[name]
                break
        table.append((kind, one))
        return one
    dispatcher.register = register
    dispatcher.dispatch = dispatch
    return dispatcher
def singledispatch(function): return table_of(function, 0)
def singledispatchmethod(function): return table_of(function, 1)
)py";

constexpr std::string_view kSchedule = R"py(
class scheduler:
    def __init__(self, timefunc=None, delayfunc=None): self.queue = []
    def enterabs(self, time, priority, action, argument=(), kwargs={}): self.queue.append((action, argument, kwargs))
    enter = enterabs
    def cancel(self, event): pass
    def empty(self): return not self.queue
    def run(self, blocking=True):
        while self.queue:
            action, argument, kwargs = self.queue.pop(0)
            action(*argument, **kwargs)
)py";

constexpr std::string_view kFutures = R"py(
class Future:
    def __init__(self): self.waiting, self.value, self.over = [], None, False
    def add_done_callback(self, function):
        if self.over: function(self)
        else: self.waiting.append(function)
    def set_result(self, value):
        self.value, self.over = value, True
        for function in self.waiting: function(self)
    def set_exception(self, error): self.set_result(unknown)
    def result(self, timeout=None): return self.value if self.over else unknown
    def done(self): return self.over
)py";

constexpr std::string_view kCodecs = R"py(
import codecs
class CodecInfo:
    def __init__(self, encode=None, decode=None, streamreader=None, streamwriter=None, incrementalencoder=None, incrementaldecoder=None, name=None):
        self.encode, self.decode, self.name = encode, decode, name
    def __getitem__(self, at): return self.decode if at == 1 else self.encode if at == 0 else unknown
def lookup(encoding): return CodecInfo(codecs.getencoder(encoding), codecs.getdecoder(encoding), name=encoding)
class IncrementalDecoder:
    def __init__(self, encoding): self.encoding, self.held = encoding, b''
    def decode(self, data, final=False):
        self.held += bytes(data)
        for back in range(4):
            end = len(self.held) - back
            if end < 0: break
            try: text = codecs.decode(self.held[:end], self.encoding)
            except Exception: continue
            self.held = self.held[end:]
            return text
        return unknown
    def reset(self): self.held = b''
def getincrementaldecoder(encoding): return lambda errors='strict': IncrementalDecoder(encoding)
def iterdecode(items, encoding, errors='strict'): return iter([codecs.decode(item, encoding) for item in items])
)py";

constexpr std::string_view kCommands = R"py(
class Cmd:
    prompt = '(Cmd) '
    def __init__(self, *arguments, **keywords): pass
    def precmd(self, line): return line
    def postcmd(self, stop, line): return stop
    def emptyline(self): return unknown
    def default(self, line): return unknown
    def onecmd(self, line):
        name, space, rest = line.strip().partition(' ')
        function = getattr(self, 'do_' + name, None)
        if function is None: return self.default(line)
        return function(rest.strip())
    def cmdloop(self, intro=None):
        for line in getattr(self, 'cmdqueue', []): self.onecmd(line)
)py";

constexpr std::string_view kRows = R"py(
import re
def constant_of(text):
    text = text.strip()
    if text[:1] == "'": return text[1:-1].replace("''", "'")
    if text.isdigit(): return int(text)
    return unknown
class Connection:
    def __init__(self): self.functions = {}
    def create_function(self, name, narg, func, deterministic=False): self.functions[name.lower()] = func
    def execute(self, sql, parameters=()):
        for name in self.functions:
            for given in re.findall(r'\b' + name + r"\s*\(((?:'[^']*'|[^()'])*)\)", sql.lower()):
                at = sql.lower().index(given)
                self.functions[name](*[constant_of(part) for part in sql[at:at + len(given)].split(',')])
        return unknown
    def executemany(self, sql, parameters): return unknown
    def executescript(self, sql): return self.execute(sql)
    def cursor(self): return self
    def fetchone(self): return unknown
    def fetchall(self): return unknown
    def commit(self): pass
    def close(self): pass
    def __iter__(self): return iter(unknown)
    def __enter__(self): return self
    def __exit__(self, *error): pass
def connect(database, *arguments, **keywords):
    if database == ':memory:': return Connection()
    return NotImplemented
)py";

constexpr std::string_view kRecords = R"py(
class LogRecord:
    def __init__(self, msg, args):
        self.msg, self.args, self.message = msg, args, msg
    def getMessage(self): return str(self.msg) % self.args if self.args else str(self.msg)
)py";

constexpr std::string_view kBuffers = R"py(
class Buffer:
    def __init__(self, value):
        self.value = value.split(b'\0')[0]
        self.raw = value
    def __len__(self): return len(self.raw)
    def __getitem__(self, at): return self.raw[at]
def create_string_buffer(init, size=None):
    if not isinstance(init, bytes): return NotImplemented
    return Buffer(init + b'\0')
def c_char_p(value):
    if not isinstance(value, bytes): return NotImplemented
    return Buffer(value)
def string_at(pointer, size=-1):
    if not isinstance(pointer, Buffer): return NotImplemented
    return pointer.value if size < 0 else pointer.raw[:size]
)py";

constexpr std::string_view kCounts = R"py(
class defaultdict(dict):
    def __init__(self, default_factory=None, *given, **named):
        self.default_factory = default_factory
        self.update(*given, **named)
    def __missing__(self, key):
        if self.default_factory is None: raise KeyError(key)
        self[key] = made = self.default_factory()
        return made
class Counter(dict):
    def __init__(self, items=(), **named): self.update(items, **named)
    def __missing__(self, key): return 0
    def update(self, items=(), **named):
        if isinstance(items, dict):
            for key in items: self[key] = self.get(key, 0) + items[key]
        else:
            for key in items: self[key] = self.get(key, 0) + 1
        for key in named: self[key] = self.get(key, 0) + named[key]
    def subtract(self, items=()):
        for key in items: self[key] = self.get(key, 0) - (items[key] if isinstance(items, dict) else 1)
    def most_common(self, n=None):
        return sorted([(key, self[key]) for key in self], key=lambda pair: pair[1], reverse=True)[:n]
    def elements(self): return iter([key for key in self for i in range(self[key])])
    def total(self): return sum(self.values())
)py";

constexpr std::string_view kQueues = R"py(
class Queue:
    last = False
    def __init__(self, maxsize=0): self.held = []
    def put(self, item, block=True, timeout=None): self.held.append(item)
    put_nowait = put
    def get(self, block=True, timeout=None):
        if not self.held: return unknown
        return self.held.pop() if self.last else self.held.pop(0)
    get_nowait = get
    def empty(self): return unknown if not self.held else False
    def qsize(self): return len(self.held)
    def full(self): return False
    def task_done(self): pass
    def join(self): pass
SimpleQueue = Queue
class LifoQueue(Queue):
    last = True
class PriorityQueue(Queue):
    def put(self, item, block=True, timeout=None):
        self.held.append(item)
        self.held.sort()
)py";

constexpr std::string_view kRedirection = R"py(
import sys
class redirect_stdout:
    def __init__(self, new_target): self.target = new_target
    def __enter__(self):
        self.former, sys.stdout = sys.stdout, self.target
        return self.target
    def __exit__(self, *error): sys.stdout = self.former
)py";

constexpr std::string_view kElements = R"py(
class vectorize:
    def __init__(self, pyfunc=None, *arguments, **keywords): self.pyfunc = pyfunc
    def __call__(self, *arguments, **keywords):
        rows = [one for one in arguments if isinstance(one, (list, tuple))]
        if not rows:
            self.pyfunc(*arguments, **keywords)
            return unknown
        return [self(*[one[at] if isinstance(one, (list, tuple)) else one for one in arguments], **keywords) for at in range(len(rows[0]))]
def frompyfunc(function, nin, nout): return vectorize(function)
)py";

constexpr std::string_view kDecorators = R"py(
def coroutine(func): return func
)py";

constexpr Written kParts[] = {
    {"collections.defaultdict", kCounts, Takes::anything, Origins::lost}, {"collections.Counter", kCounts, Takes::data, Origins::lost},
    {"queue.Queue", kQueues, Takes::data, Origins::lost}, {"queue.SimpleQueue", kQueues, Takes::data, Origins::lost},
    {"queue.LifoQueue", kQueues, Takes::data, Origins::lost}, {"queue.PriorityQueue", kQueues, Takes::data, Origins::lost},
    {"numpy.vectorize", kElements, Takes::anything}, {"numpy.lib.function_base.vectorize", kElements, Takes::anything},
    {"numpy.lib._function_base_impl.vectorize", kElements, Takes::anything}, {"numpy.frompyfunc", kElements, Takes::anything},
    {"contextlib.redirect_stdout", kRedirection, Takes::anything}, {"types.coroutine", kDecorators, Takes::anything},
    {"multiprocessing.pool.ThreadPool", kPool, Takes::data, Origins::lost}, {"multiprocessing.pool.Pool", kPool, Takes::data, Origins::lost},
    {"multiprocessing.Pool", kPool, Takes::data, Origins::lost}, {"multiprocessing.dummy.Pool", kPool, Takes::data, Origins::lost},
    {"functools.partialmethod", kFunctions, Takes::anything}, {"functools.singledispatch", kFunctions, Takes::anything},
    {"functools.singledispatchmethod", kFunctions, Takes::anything}, {"sched.scheduler", kSchedule, Takes::anything, Origins::lost},
    {"concurrent.futures.Future", kFutures, Takes::data, Origins::lost}, {"concurrent.futures._base.Future", kFutures, Takes::data, Origins::lost},
    {"codecs.CodecInfo", kCodecs, Takes::anything}, {"codecs.lookup", kCodecs, Takes::content}, {"codecs.iterdecode", kCodecs, Takes::content}, {"codecs.getincrementaldecoder", kCodecs, Takes::content},
    {"cmd.Cmd", kCommands, Takes::base}, {"sqlite3.connect", kRows, Takes::content, Origins::lost}, {"logging.LogRecord", kRecords},
    {"ctypes.create_string_buffer", kBuffers, Takes::content}, {"ctypes.c_char_p", kBuffers, Takes::content}, {"ctypes.string_at", kBuffers, Takes::anything},
};

}  // namespace

std::span<const Written> written_object_parts() { return kParts; }

}  // namespace winnow::machine
