// Ways in which code hides what it calls: each small program is compiled, run on the machine, and must end in the
// call that it hides. Beside them honest code that looks alike and must do nothing that is told.
#include <gtest/gtest.h>

#include <algorithm>

#include "code/machine/interpreter.h"
#include "code/machine/run.h"
#include "code/pickle/unpickler.h"
#include "core/print.h"
#include "knowledge/knowledge.h"

namespace winnow::machine {
namespace {

struct Program {
  const char* name;
  const char* source;
  const char* call;  // as the printer shows it
};

// All statements that running the source gives, one a line.
std::string statements(std::string_view source, std::vector<std::string>* acting = nullptr, const Budget& budget = {}) {
  Scan scan{budget};
  Artifact artifact;
  artifact.path = "program.py";
  artifact.bytes = as_bytes(source);
  scan.artifacts.push_back(artifact);
  Trace trace;
  trace.dialect = "code";
  trace.artifacts.push_back(artifact);
  Machine machine(scan, trace);
  pickle::attach(machine);
  const auto code = compile_source(machine, source, Source::module);
  if (!code) return "does not compile";
  run_module(machine, *code, new_globals(machine, "__main__"), Trigger::import);
  run_uncalled(machine, Trigger::other);
  const Printer printer(trace);
  std::string out;
  for (uint32_t i = 0; i < trace.events.size(); ++i) {
    const Event& event = trace.events[i];
    if (event.op == Op::import) continue;
    out += printer.statement(i) + "\n";
    const Value callee = event.callee.is(Kind::attribute) ? trace.heap.attribute(event.callee).resolved : event.callee;
    const knowledge::Callable* known = callee.is(Kind::name) ? trace.heap.name(callee).known : nullptr;
    if (acting != nullptr && !event.computed && known != nullptr && !is_trusted(known)) acting->push_back(printer.statement(i));
  }
  for (const Gap& gap : scan.gaps) out += "gap: " + gap.what + "\n";
  return out;
}

// Every limit that ends our reading of a program is told; below it, the call is found.
struct Limit {
  const char* name;
  const char* source;
  const char* gap;  // empty: none
};

class Limits : public testing::TestWithParam<Limit> {};

TEST_P(Limits, AreTold) {
  Budget budget;
  budget.code_steps = 2'000'000;
  budget.memory = uint64_t{64} << 20;
  budget.string = uint64_t{1} << 20;
  if (GetParam().name == std::string_view("nodes")) budget.string = uint64_t{8} << 20;
  const std::string out = statements(GetParam().source, nullptr, budget);
  if (*GetParam().gap == '\0') {
    EXPECT_EQ(out.find("gap: "), std::string::npos) << out;
    EXPECT_NE(out.find("os.system('id')"), std::string::npos) << out.substr(0, 2000);
  } else {
    EXPECT_NE(out.find(std::string("gap: ") + GetParam().gap), std::string::npos) << out.substr(0, 2000);
  }
}

constexpr Limit kLimits[] = {
    {"steps", "i = 0\nwhile i < 5000000: i += 1\n__import__('os').system('id')", "the code runs longer than the budget of steps allows"},
    {"fewer_steps", "i = 0\nwhile i < 50000: i += 1\n__import__('os').system('id')", ""},
    {"memory", "x = [0] * 100000\ny = []\nwhile True: y.append(list(x))", "the values of the code take more memory than the budget allows"},
    {"text", "x = 'a'\nwhile len(x) < 2 ** 22: x = x + x", "a text is longer than the budget allows"},
    {"frames", "import sys\nsys.setrecursionlimit(10 ** 6)\ndef f(n):\n    return f(n + 1)\nf(0)", "functions call themselves more often than is followed"},
    {"recursion", "import sys\nsys.setrecursionlimit(10 ** 6)\ndef f(n):\n    return f(n - 1) if n else __import__('os').system('id')\nf(3000)", ""},
    {"calls", "def f(n):\n    return list(map(f, [n - 1])) if n else __import__('os').system('id')\nf(100)", "calls inside calls go deeper than is followed"},
    {"fewer_calls", "def f(n):\n    return list(map(f, [n - 1])) if n else __import__('os').system('id')\nf(9)", ""},
    {"programs", "s = '1'\nfor i in range(30): s = 'exec(%r)' % s[:1000]\ndef f(n):\n    exec('f(n - 1)', {'f': f, 'n': n})\nf(100)",
     "programs inside programs go deeper than is followed"},
    {"source", "exec('x = 1\\n' * 100000 + '__import__(\"os\").system(\"id\")')", ""},
    {"nodes", "exec('a;' * 1500000)", "a program that is run from text is too long to be read"},
    {"bases", "class A: pass\nfor i in range(2500):\n    class A(A): pass", "classes derive from more classes than are followed"},
    {"fewer_bases", "class A: pass\nclass B(A): pass\nfor i in range(800):\n    class B(B): pass\nA.m = lambda self: __import__('os').system('id')\nB().m()", ""},
    {"threads", "import threading\nfor i in range(300): threading.Thread(target=len).start()\nthreading.Thread(target=lambda: __import__('os').system('id')).start()", ""},
    {"effects", "import os\ni = 0\nwhile True:\n    print(i)\n    i += 1\n    if i >= 900: break\nos.system('id')", ""},
    {"endless", "import os\ni = 0\nwhile True:\n    print(i)\n    i += 1\n    if i >= 9000: break\nos.system('id')", ""},
    {"generator", "import os\ndef g():\n    for i in range(2000): yield i\n    os.system('id')\nimport threading\nthreading.Thread(target=g).start()\nx = [i for i in g()]", ""},
};

INSTANTIATE_TEST_SUITE_P(All, Limits, testing::ValuesIn(kLimits), [](const auto& of) { return std::string(of.param.name); });

class Hidden : public testing::TestWithParam<Program> {};

TEST_P(Hidden, CallIsRecovered) {
  const std::string out = statements(GetParam().source);
  EXPECT_NE(out.find(GetParam().call), std::string::npos) << GetParam().source << "\n----\n" << out;
}

constexpr Program kHidden[] = {
    {"plain", R"py(import os
os.system('id'))py", R"py(os.system('id'))py"},
    {"xor", R"py(k=[0x2a^ord(c) for c in 'system']
n=''.join(chr(x^0x2a) for x in k)
import os
getattr(os,n)('id'))py", R"py(os.system('id'))py"},
    {"reverse", R"py(getattr(__import__('so'[::-1]),'metsys'[::-1])('di'[::-1]))py", R"py(os.system('id'))py"},
    {"chrlist", R"py(getattr(__import__(''.join(map(chr,[111,115]))),''.join([chr(i) for i in [115,121,115,116,101,109]]))('id'))py", R"py(os.system('id'))py"},
    {"dict", R"py(d={'a':'sys','b':'tem'}
import os
getattr(os,d['a']+d['b'])('id'))py", R"py(os.system('id'))py"},
    {"subclasswalk", R"py(for c in ().__class__.__base__.__subclasses__():
    if c.__name__=='_wrap_close':
        c.__init__.__globals__['system']('id'))py", R"py(os.system('id'))py"},
    {"subclasswalk2", R"py([c for c in ().__class__.__base__.__subclasses__() if c.__name__=='catch_warnings'][0]()._module.__builtins__['__import__']('os').system('id'))py", R"py(os.system('id'))py"},
    {"popenwalk", R"py([x for x in ''.__class__.__mro__[1].__subclasses__() if 'Popen' in x.__name__][0]('id', shell=True))py", R"py(subprocess.Popen('id', shell=True))py"},
    {"getattrchain", R"py(__builtins__.__dict__['__import__']('os').__dict__['system']('id'))py", R"py(os.system('id'))py"},
    {"b64zlibmarshal", R"py(import base64,zlib,marshal
exec(marshal.loads(zlib.decompress(base64.b64decode('eJxLZkACzFD6sx6QmM6QwpDCmMMQxcDEkMqQxQhTlMK0DMheDeczAlUFM2gyvwRx/G4xZaZoMt1iyi++xVZcWVySmruS4TNI5hZjxS8Om9z8lNKcVLsiDrBGBoZiRSDxgZmRkfEGA2cDGIIYTC2cHSqN/C38DWBYxAZUBQABfiDC')))))py", R"py(os.system('id'))py"},
    {"lambdarec", R"py(f=(lambda g:g(g))(lambda g:lambda s:chr(ord(s[0])-1)+g(g)(s[1:]) if s else '')
import os
getattr(os,f('tztufn'))('id'))py", R"py(os.system('id'))py"},
    {"generator", R"py(def g():
    for c in 'tztufn': yield chr(ord(c)-1)
import os
getattr(os,''.join(g()))('id'))py", R"py(os.system('id'))py"},
    {"fstring", R"py(a='sys';b='tem'
import os
getattr(os,f'{a}{b!s:s}')('id'))py", R"py(os.system('id'))py"},
    {"percent", R"py(import os
getattr(os,'%s%c%s'%('sy',115,'tem'))('%s'%'id'))py", R"py(os.system('id'))py"},
    {"decorator", R"py(import os
def run(f):
    os.system(f())
    return f
@run
def x(): return 'id')py", R"py(os.system('id'))py"},
    {"metaclass", R"py(import os
class M(type):
    def __new__(mcs,n,b,d):
        os.system(d['cmd'])
        return super().__new__(mcs,n,b,d)
class A(metaclass=M):
    cmd='id')py", R"py(os.system('id'))py"},
    {"initsubclass", R"py(import os
class B:
    def __init_subclass__(cls, **kw):
        os.system(kw['c'])
class D(B, c='id'): pass)py", R"py(os.system('id'))py"},
    {"context", R"py(import os
class C:
    def __enter__(self): return 'id'
    def __exit__(self,*a): os.system(self.c)
x=C()
with x as v: x.c=v)py", R"py(os.system('id'))py"},
    {"defaults", R"py(import os
def f(a, r=os.system, c='id'): r(c)
f(1))py", R"py(os.system('id'))py"},
    {"exception", R"py(import os
try:
    1/0
except ZeroDivisionError:
    os.system('id'))py", R"py(os.system('id'))py"},
    {"exceptionarg", R"py(import os
class E(Exception): pass
try:
    raise E('id')
except E as e:
    os.system(e.args[0]))py", R"py(os.system('id'))py"},
    {"translate", R"py(import os
t=bytes.maketrans(b'abc',b'ids')
os.system(b'ab'.translate(t).decode()))py", R"py(os.system('id'))py"},
    {"strtranslate", R"py(import os
os.system('xy'.translate(str.maketrans({'x':'i','y':'d'}))))py", R"py(os.system('id'))py"},
    {"tobytes", R"py(import os
os.system((0x6964).to_bytes(2,'big').decode()))py", R"py(os.system('id'))py"},
    {"bigint", R"py(n=126965465245037
import os
getattr(os,n.to_bytes((n.bit_length()+7)//8,'big').decode())('id'))py", R"py(os.system('id'))py"},
    {"hex", R"py(import os
getattr(os,bytes.fromhex('73797374656d').decode())('id'))py", R"py(os.system('id'))py"},
    {"rot13", R"py(import codecs,os
getattr(os,codecs.decode('flfgrz','rot13'))('id'))py", R"py(os.system('id'))py"},
    {"json", R"py(import json,os
d=json.loads('{"c":"id","f":"system"}')
getattr(os,d['f'])(d['c']))py", R"py(os.system('id'))py"},
    {"struct", R"py(import struct,os
getattr(os,b''.join(struct.pack('<H',x) for x in (31091,29811,28005)).decode())('id'))py", R"py(os.system('id'))py"},
    {"structun", R"py(import struct,os
a,b=struct.unpack('>2s4s',b'system')
getattr(os,(a+b).decode())('id'))py", R"py(os.system('id'))py"},
    {"fmtattr", R"py(import os
os.system('{0[c]}'.format({'c':'id'})))py", R"py(os.system('id'))py"},
    {"reduce", R"py(import functools,os
getattr(os,functools.reduce(lambda a,b:a+b,['s','y','s','tem']))('id'))py", R"py(os.system('id'))py"},
    {"map", R"py(import os
list(map(os.system,['id'])))py", R"py(os.system('id'))py"},
    {"partial", R"py(import functools,os
functools.partial(os.system,'id')())py", R"py(os.system('id'))py"},
    {"methodcaller", R"py(import operator,os
operator.methodcaller('system','id')(os))py", R"py(os.system('id'))py"},
    {"attrgetter", R"py(import operator,os
operator.attrgetter('system')(os)('id'))py", R"py(os.system('id'))py"},
    {"walrus", R"py(import os
if (n:='sys') and (m:=n+'tem'): getattr(os,m)('id'))py", R"py(os.system('id'))py"},
    {"match", R"py(import os
match {'k':'id'}:
    case {'k':x}: os.system(x))py", R"py(os.system('id'))py"},
    {"starargs", R"py(import os
def f(*a,**k): k['f'](*a)
f(*['id'],**{'f':os.system}))py", R"py(os.system('id'))py"},
    {"closure", R"py(import os
def mk(s):
    def g(): return getattr(os,s)
    return g
mk('system')()('id'))py", R"py(os.system('id'))py"},
    {"nonlocal", R"py(import os
def o():
    s=''
    def a(c):
        nonlocal s
        s+=c
    for c in ['i','d']: a(c)
    return s
os.system(o()))py", R"py(os.system('id'))py"},
    {"typecall", R"py(import os
X=type('X',(),{'__call__':lambda self,c:os.system(c)})
X()('id'))py", R"py(os.system('id'))py"},
    {"classgetitem", R"py(import os
class A:
    def __class_getitem__(cls,k): os.system(k)
A['id'])py", R"py(os.system('id'))py"},
    {"globalsupdate", R"py(globals().update({'zz':__import__('os').system})
zz('id'))py", R"py(os.system('id'))py"},
    {"sysmodules", R"py(import sys
sys.modules['os'].system('id'))py", R"py(os.system('id'))py"},
    {"exec", R"py(exec("import os\nos.system('id')"))py", R"py(os.system('id'))py"},
    {"execb64", R"py(import base64
exec(base64.b64decode('aW1wb3J0IG9zCm9zLnN5c3RlbSgnaWQnKQ==')))py", R"py(os.system('id'))py"},
    {"eval", R"py(eval("__import__('os').system('id')"))py", R"py(os.system('id'))py"},
    {"compile", R"py(exec(compile("import os;os.system('id')",'x','exec')))py", R"py(os.system('id'))py"},
    {"execfunc", R"py(def f():
    c='id'
    exec("import os;os.system(c)")
f())py", R"py(os.system('id'))py"},
    {"thread", R"py(import threading,os
threading.Thread(target=os.system,args=('id',)).start())py", R"py(os.system('id'))py"},
    {"threadf", R"py(import threading,os
def w(c): os.system(c)
t=threading.Thread(target=w,args=('id',))
t.start())py", R"py(os.system('id'))py"},
    {"atexit", R"py(import atexit,os
atexit.register(os.system,'id'))py", R"py(os.system('id'))py"},
    {"atexitf", R"py(import atexit,os
@atexit.register
def bye(): os.system('id'))py", R"py(os.system('id'))py"},
    {"setname", R"py(import os
class D:
    def __set_name__(self,o,n): os.system(o.c)
class A:
    c='id'
    d=D())py", R"py(os.system('id'))py"},
    {"property", R"py(import os
class A:
    @property
    def x(self): return os.system('id')
A().x)py", R"py(os.system('id'))py"},
    {"getattrhook", R"py(import os
class A:
    def __getattr__(self,n): return lambda: os.system(n)
A().id())py", R"py(os.system('id'))py"},
    {"add", R"py(import os
class A:
    def __add__(self,o): os.system(o)
A()+'id')py", R"py(os.system('id'))py"},
    {"getitem", R"py(import os
class A:
    def __getitem__(self,o): os.system(o)
A()['id'])py", R"py(os.system('id'))py"},
    {"unknownif", R"py(import os,time
if time.time()>5: os.system('id')
else: x=1)py", R"py(os.system('id'))py"},
    {"unknownelse", R"py(import os,time
if time.time()>5: x=1
else: os.system('id'))py", R"py(os.system('id'))py"},
    {"excepthandler", R"py(import os
try:
    import foo_bar
except ImportError:
    os.system('id'))py", R"py(os.system('id'))py"},
    {"unknownloop", R"py(import os,foo
for x in foo.items():
    if x.y: os.system('id'))py", R"py(os.system('id'))py"},
    {"whileunknown", R"py(import os,foo
while foo.ok():
    foo.next()
os.system('id'))py", R"py(os.system('id'))py"},
    {"xorloop", R"py(import os
d=bytearray(b'<1')
for i in range(len(d)): d[i]^=0x55
os.system(d.decode()))py", R"py(os.system('id'))py"},
    {"cycle", R"py(import os,itertools
k=b'ke'
c=bytes([0x69^0x6b,0x64^0x65])
os.system(''.join(chr(a^b) for a,b in zip(c,itertools.cycle(k)))))py", R"py(os.system('id'))py"},
    {"functype", R"py(import types,os
f=types.FunctionType(compile("import os;os.system('id')",'','exec'),{})
f())py", R"py(os.system('id'))py"},
    {"codeassign", R"py(import os
def a(): pass
def b(): os.system('id')
a.__code__=b.__code__
a())py", R"py(os.system('id'))py"},
    {"codereplace", R"py(import os
def b(): os.system('xx')
exec(b.__code__.replace(co_consts=tuple('id' if c=='xx' else c for c in b.__code__.co_consts))))py", R"py(os.system('id'))py"},
    {"asyncio", R"py(import asyncio,os
async def m():
    await n()
async def n(): os.system('id')
asyncio.run(m()))py", R"py(os.system('id'))py"},
    {"del", R"py(import os
class A:
    def __del__(self): os.system('id')
A())py", R"py(os.system('id'))py"},
    {"contextmanager", R"py(import contextlib,os
@contextlib.contextmanager
def m():
    yield 'id'
with m() as c: os.system(c))py", R"py(os.system('id'))py"},
    {"frame", R"py(import sys
sys._getframe().f_builtins['__import__']('os').system('id'))py", R"py(os.system('id'))py"},
    {"globfn", R"py(import warnings
warnings.catch_warnings.__init__.__globals__['sys'].modules['os'].system('id'))py", R"py(os.system('id'))py"},
    {"dir", R"py(import os
[getattr(os,n) for n in dir(os) if n=='system'][0]('id'))py", R"py(os.system('id'))py"},
    {"fmtwalk", R"py(import os
class A: pass
A.c='id'
os.system('{0.c}'.format(A)))py", R"py(os.system('id'))py"},
    {"hashkey", R"py(import hashlib,os
k=hashlib.sha256(b'key').digest()
c=bytes([0x69^k[0],0x64^k[1]])
os.system(bytes(a^b for a,b in zip(c,k)).decode()))py", R"py(os.system('id'))py"},
    {"slices", R"py(import os
s='s.y.s.t.e.m'
getattr(os,s[::2])('xxidxx'[2:4]))py", R"py(os.system('id'))py"},
    {"join", R"py(import os
getattr(os,'-'.join(['s','y','s','t','e','m']).replace('-',''))(' id '.strip()))py", R"py(os.system('id'))py"},
    {"sortd", R"py(import os
os.system(''.join(x for _,x in sorted([(2,'d'),(1,'i')]))))py", R"py(os.system('id'))py"},
    {"namedtuple", R"py(import os,collections
P=collections.namedtuple('P','a b')
p=P('i','d')
os.system(p.a+p.b))py", R"py(os.system('id'))py"},
    {"dataclass", R"py(import os,dataclasses
@dataclasses.dataclass
class P:
    a: str
    b: str='d'
p=P('i')
os.system(p.a+p.b))py", R"py(os.system('id'))py"},
    {"enum", R"py(import os,enum
class C(enum.Enum):
    A='id'
os.system(C.A.value))py", R"py(os.system('id'))py"},
    {"retest", R"py(import os,re
os.system(re.sub('[0-9]','','1i2d3')))py", R"py(os.system('id'))py"},
    {"refind", R"py(import os,re
os.system(''.join(re.findall('[a-z]','1i2d3'))))py", R"py(os.system('id'))py"},
    {"iter", R"py(import os
class I:
    def __iter__(self):
        yield 'i'
        yield 'd'
os.system(''.join(I())))py", R"py(os.system('id'))py"},
    {"lru", R"py(import os,functools
@functools.lru_cache(None)
def f(x): return x
os.system(f('id')))py", R"py(os.system('id'))py"},
    {"wraps", R"py(import os,functools
def d(f):
    @functools.wraps(f)
    def w(*a): return f(*a)+'d'
    return w
@d
def g(x): return x
os.system(g('i')))py", R"py(os.system('id'))py"},
    {"super", R"py(import os
class A:
    def go(self,c): os.system(c)
class B(A):
    def go(self,c): super().go(c[::-1])
B().go('di'))py", R"py(os.system('id'))py"},
    {"superinit", R"py(import os
class A:
    def __init__(self,c): self.c=c
class B(A):
    def __init__(self): super().__init__('id')
os.system(B().c))py", R"py(os.system('id'))py"},
    {"classmethod", R"py(import os
class A:
    c='id'
    @classmethod
    def f(cls): os.system(cls.c)
A.f())py", R"py(os.system('id'))py"},
    {"yieldfrom", R"py(import os
def a(): yield 'i'; yield 'd'
def b(): yield from a()
os.system(''.join(b())))py", R"py(os.system('id'))py"},
    {"genexpr_send", R"py(import os
def g():
    x=yield
    os.system(x)
    yield
k=g();next(k);k.send('id'))py", R"py(os.system('id'))py"},
    {"trywith", R"py(import os
try:
    x={}['id']
except KeyError as e:
    os.system(e.args[0])
finally:
    pass)py", R"py(os.system('id'))py"},
    {"loader", R"py(__loader__.load_module('os').system('id'))py", R"py(os.system('id'))py"},
    {"importstar", R"py(from os import *
system('id'))py", R"py(os.system('id'))py"},
    {"importas", R"py(from os import system as s
s('id'))py", R"py(os.system('id'))py"},
    {"listmult", R"py(import os
os.system(''.join(['i']*1+['d'])))py", R"py(os.system('id'))py"},
    {"sum", R"py(import os
os.system(bytes([sum([100,5]),100]).decode()))py", R"py(os.system('id'))py"},
    {"strsub", R"py(import os
class S(str): pass
os.system(S('id')))py", R"py(os.system(S('id')))py"},
    {"deque", R"py(import os,collections
d=collections.deque('di')
d.rotate(1)
os.system(''.join(d)))py", R"py(os.system('id'))py"},
    {"template", R"py(import os,string
os.system(string.Template('$a$b').substitute(a='i',b='d')))py", R"py(os.system('id'))py"},
    {"strconst", R"py(import os,string
os.system(string.ascii_lowercase[8]+string.ascii_lowercase[3]))py", R"py(os.system('id'))py"},
    {"percentdict", R"py(import os
os.system('%(a)s%(b)s'%{'a':'i','b':'d'}))py", R"py(os.system('id'))py"},
    {"ternary", R"py(import os,foo
os.system('id' if foo.x else 'no'))py", R"py(os.system('id'))py"},
    {"loopelse", R"py(import os
for i in []: pass
else: os.system('id'))py", R"py(os.system('id'))py"},
    {"setattr", R"py(import os
class A: pass
a=A()
setattr(a,'c','id')
os.system(vars(a)['c']))py", R"py(os.system('id'))py"},
    {"pickle", R"py(import pickle
pickle.loads(b"cos\nsystem\n(S'id'\ntR."))py", R"py(os.system('id'))py"},
};

INSTANTIATE_TEST_SUITE_P(Techniques, Hidden, testing::ValuesIn(kHidden), [](const auto& of) { return std::string(of.param.name); });

class Honest : public testing::TestWithParam<Program> {};

TEST_P(Honest, NothingActs) {
  std::vector<std::string> acting;
  const std::string out = statements(GetParam().source, &acting);
  EXPECT_TRUE(acting.empty()) << GetParam().source << "\n----\n" << out;
  EXPECT_EQ(out.find("gap"), std::string::npos) << out;
  EXPECT_NE(out.find(GetParam().call), std::string::npos) << out;
}

constexpr Program kHonest[] = {
    {"scale", "f = lambda x: x / 127.5 - 1\nf(1)", ""},
    {"resize", "import tensorflow as tf\nf = lambda x: tf.image.resize(x, (224, 224))", "tensorflow.image.resize(x, (224, 224))"},
    {"mean", "from keras import backend as K\nf = lambda x: K.mean(x, axis=1)", "keras.backend.mean(x, axis=1)"},
    {"numpy", "import numpy as np\ndef f(x, n=3):\n    y = np.clip(x, 0, 1)\n    for i in range(n):\n        y = y * 2 + np.sqrt(i)\n    return y[..., ::-1]", ""},
    {"words", "s = 'os.system(1)'\nprint(s.upper(), len(s), s[::-1])\nd = {'system': 1}\nd['system'] += 1", ""},
    {"reversed", "names = ['metsys', 'lave']\nout = [n[::-1] for n in names]", ""},
    {"chars", "key = 'abc'\nout = ''.join(chr(ord(c) ^ 1) for c in key)", ""},
    {"codec", "import base64, zlib\ntable = zlib.decompress(base64.b64decode('eJxLTEpOAQAD2AGL'))", ""},
    {"json", "import json\nconfig = json.loads('{\"units\": 3}')\nassert config['units'] == 3", ""},
    {"regex", "import re\nassert re.sub(r'\\s+', ' ', 'a  b') == 'a b'\nassert re.findall(r'(\\w)=(\\d)', 'a=1,b=2') == [('a', '1'), ('b', '2')]", ""},
    {"class", "class Scaler:\n    def __init__(self, factor=2):\n        self.factor = factor\n    def __call__(self, x):\n        return x * self.factor\n    @property\n    def half(self):\n        return self.factor / 2\nassert Scaler()(3) == 6\nassert Scaler(4).half == 2", ""},
    {"generator", "def squares(n):\n    for i in range(n):\n        yield i * i\nassert list(squares(4)) == [0, 1, 4, 9]\nassert sum(squares(5)) == 30", ""},
    {"getattr", "class A: pass\na = A()\na.value = 3\nassert getattr(a, 'value') == 3 and getattr(a, 'other', None) is None", ""},
    {"handlers", "try:\n    import fast_json as json\nexcept ImportError:\n    import json", ""},
    {"sorting", "rows = [(2, 'b'), (1, 'a')]\nassert sorted(rows)[0] == (1, 'a')\nassert max(rows, key=lambda r: r[0])[1] == 'b'", ""},
};

INSTANTIATE_TEST_SUITE_P(LookAlikes, Honest, testing::ValuesIn(kHonest), [](const auto& of) { return std::string(of.param.name); });

// What Python itself says: every assertion holds, so nothing stands behind `raise`.
class Exact : public testing::TestWithParam<Program> {};

TEST_P(Exact, AsPythonComputes) {
  const std::string source = "import os\nif not (" + std::string(GetParam().source) + "): os.system('wrong')";
  const std::string out = statements(source);
  EXPECT_EQ(out.find("wrong"), std::string::npos) << source << "\n" << out;
}

constexpr Program kExact[] = {
    {"floor", "-7 // 2 == -4 and -7 % 3 == 2 and 7 % -3 == -2 and -7.5 // 2 == -4.0", ""},
    {"big", "2 ** 200 % 1000007 == 446616 and 2 ** 200 == 1606938044258990275541962092341162602522202993782792835301376", ""},
    {"divmod_big", "divmod(10 ** 40, 7 ** 20) == (10 ** 40 // 7 ** 20, 10 ** 40 - (10 ** 40 // 7 ** 20) * 7 ** 20)", ""},
    {"power", "pow(3, 1000, 10 ** 9 + 7) == 56888193", ""},
    {"shifts", "(1 << 100) >> 98 == 4 and -1 >> 70 == -1 and (-5) >> 1 == -3 and ~5 == -6", ""},
    {"bits", "(2 ** 70 | 1) & 3 == 1 and (2 ** 70 ^ 2 ** 70) == 0 and -1 & 255 == 255", ""},
    {"floats", "repr(0.1) == '0.1' and str(1e16) == '1e+16' and str(1e15) == '1000000000000000.0' and str(2.0) == '2.0'", ""},
    {"slices", "'abcdef'[::-2] == 'fdb' and 'abc'[-100:2] == 'ab' and [1, 2, 3, 4][3:0:-1] == [4, 3, 2]", ""},
    {"unicode", "'h\u00e9llo'[1] == '\u00e9' and len('\u00e9\u00e9') == 2 and '\u00e9'.encode() == b'\\xc3\\xa9'", ""},
    {"formats", "f'{3.14159:.2f}|{255:#x}|{7:03d}|{1234567:,}' == '3.14|0xff|007|1,234,567' and '%05.1f|%-4s|%x' % (2.25, 'a', 255) == '002.2|a   |ff'", ""},
    {"nested_format", "'{:>{w}}'.format('a', w=4) == '   a' and '{0[1]}{1.real}'.format([1, 2], 3) == '23' and '{{}}'.format() == '{}'", ""},
    {"split", "' a b '.split() == ['a', 'b'] and 'a,b,c'.rsplit(',', 1) == ['a,b', 'c'] and 'abc'.partition('b') == ('a', 'b', 'c')", ""},
    {"sets", "{1, 2} | {3} == {1, 2, 3} and {1, 2} & {2} == {2} and {1, 2} - {1} == {2} and {1} < {1, 2}", ""},
    {"dicts", "{'a': 1, **{'b': 2}} == {'b': 2, 'a': 1} and dict(a=1).get('z', 5) == 5 and list({1: 2}.items()) == [(1, 2)]", ""},
    {"unpack", "(lambda a, *b, c=3, **d: (a, b, c, d))(1, 2, e=4) == (1, (2,), 3, {'e': 4})", ""},
    {"md5", "__import__('hashlib').md5(b'abc').hexdigest() == '900150983cd24fb0d6963f7d28e17f72'", ""},
    {"sha1", "__import__('hashlib').sha1(b'abc').hexdigest() == 'a9993e364706816aba3e25717850c26c9cd0d89d'", ""},
    {"sha256", "__import__('hashlib').sha256(b'abc').hexdigest() == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'", ""},
    {"sha512", "__import__('hashlib').sha512(b'abc').hexdigest()[:32] == 'ddaf35a193617abacc417349ae204131'", ""},
    {"sha3_224", "__import__('hashlib').sha3_224(b'q' * 300).hexdigest()[:32] == '24b0b3c3606faf5b797fe5150a24a38c'", ""},
    {"sha3_256", "__import__('hashlib').sha3_256(b'q' * 300).hexdigest()[:32] == '0ca8f56ad263a6bf66f7ceb099476b29'", ""},
    {"sha3_384", "__import__('hashlib').sha3_384(b'q' * 300).hexdigest()[:32] == '0c83700a97a5a6194b14b11ff641ea32'", ""},
    {"sha3_512", "__import__('hashlib').sha3_512(b'q' * 300).hexdigest()[:32] == '5c0d7df2001145b42504a7f634160273'", ""},
    {"blake2b", "__import__('hashlib').blake2b(b'q' * 300).hexdigest()[:32] == '06e7c0c71570ba391eb2a0ac3ed2ba0b'", ""},
    {"blake2s", "__import__('hashlib').blake2s(b'q' * 300).hexdigest()[:32] == '97663ee3653b81df90311e19e5986826'", ""},
    {"shake", "__import__('hashlib').shake_128(b'abc').hexdigest(200)[-16:] == '4818cb006aa5b4cd'", ""},
    {"sized", "__import__('hashlib').blake2b(b'x' * 128, digest_size=5).hexdigest() == 'b5cf59d107'", ""},
    {"keyed", "__import__('hmac').new(b'k' * 80, b'abc', 'sha256').hexdigest()[:32] == '3bf9d915e647129654188e1d6eae2ff4'", ""},
    {"stretched", "__import__('hashlib').pbkdf2_hmac('sha1', b'a', b'b', 3, 30).hex()[:60] == 'e65b19089d07359c1f455c8a03db72a8afcc8102368a66116b933da0552d'", ""},
    {"checksums", "__import__('zlib').crc32(b'abc', 7) == 812341063 and __import__('zlib').adler32(b'abc') == 38600999", ""},
    {"inverse", "pow(7, -1, 26) == 15 and pow(-3, -2, 1000003) == 222223", ""},
    {"packed", "__import__('struct').pack('>fd', 0.5, 3) == b'\\x3f\\x00\\x00\\x00\\x40\\x08\\x00\\x00\\x00\\x00\\x00\\x00' and __import__('struct').pack('<Q', 2 ** 64 - 1) == b'\\xff' * 8", ""},
    {"iterators", "list(zip(*[iter('abcde')] * 2)) == [('a', 'b'), ('c', 'd')] and list(__import__('itertools').takewhile(lambda n: n < 3, __import__('itertools').count())) == [0, 1, 2]", ""},
    {"longest", "list(__import__('itertools').zip_longest('ab', iter('c'), fillvalue='-')) == [('a', 'c'), ('b', '-')] and next(map(lambda n: n * 2, __import__('itertools').count(4))) == 8", ""},
    {"expand", "__import__('re').match('(?P<a>.)(.)', 'xy').expand(r'\\2-\\g<a>') == 'y-x'", ""},
    {"comparison", "1 < 2 <= 2 < 3 and not 1 < 3 < 2 and 'a' < 'b' and (1, 'a') < (1, 'b') and [1] == [1.0]", ""},
    {"bytes", "bytes([1, 2]) + b'a' == b'\\x01\\x02a' and b'abc'[1] == 98 and b'a' * 2 == b'aa' and bytearray(b'ab') == b'ab'", ""},
    {"int_parsing", "int('0x1f', 16) == 31 and int('-12') == -12 and int('zz', 36) == 1295 and int(3.9) == 3 and int('0b11', 0) == 3", ""},
    {"groups", "__import__('re').match(r'(?P<a>\\d+)-(\\w)', '12-x').groups() == ('12', 'x') and __import__('re').split('[,;]', 'a,b;c') == ['a', 'b', 'c']", ""},
    {"lazy", "__import__('re').search('<(.+?)>', '<a><b>').group(1) == 'a' and __import__('re').sub(r'(a)(b)', r'\\2\\1', 'ab') == 'ba'", ""},
    {"recursion", "(lambda f: f(f, 20))(lambda f, n: 1 if n < 2 else n * f(f, n - 1)) == 2432902008176640000", ""},
};

INSTANTIATE_TEST_SUITE_P(Semantics, Exact, testing::ValuesIn(kExact), [](const auto& of) { return std::string(of.param.name); });

TEST(Run, BudgetOfStepsIsToldOf) {
  const std::string out = statements("i = 0\nwhile i >= 0:\n    i += 1");
  EXPECT_NE(out.find("gap: the code runs longer"), std::string::npos) << out;
}

TEST(Run, WhatHasNoItemsRaises) {
  const std::string out = statements("import os\ntry:\n    (lambda: 0)['x']\nexcept TypeError:\n    os.system('id')\nrange(3)['x']\n");
  EXPECT_NE(out.find("os.system('id')"), std::string::npos) << out;
}

TEST(Run, CyclesAndHooksThatGiveThemselvesEnd) {
  const std::string out = statements(
      "import os\nl = []\nfor i in range(20): l.append(l)\nk = [l] * 20\nrepr(l)\nl == k\nos.system(l)\n"
      "class A:\n    def __iter__(self): return A()\n    def __bool__(self): return A()\n"
      "try:\n    for x in A(): pass\nexcept TypeError: pass\nif A(): os.system('id')\n");
  EXPECT_NE(out.find("os.system('id')"), std::string::npos) << out;
}

TEST(Run, ForksAreFew) {
  std::string source = "import os, foo\n";
  for (int i = 0; i < 200; ++i) source += "if foo.f" + std::to_string(i) + "(): x" + std::to_string(i) + " = 1\n";
  source += "os.system('id')\n";
  const std::string out = statements(source);
  EXPECT_NE(out.find("os.system('id')"), std::string::npos);
  EXPECT_EQ(out.find("gap"), std::string::npos) << out.substr(out.size() - 200);
}

}  // namespace
}  // namespace winnow::machine
