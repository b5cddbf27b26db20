// Texts and tables of the standard library, written in Python: addresses, tables, settings, identifiers, fractions,
// queries, headers of mail, markup.
#include "code/machine/models_written.h"

namespace winnow::machine {
namespace {

constexpr std::string_view kAddresses = R"py(
class IPv4Address:
    version = 4
    def __init__(self, address):
        if isinstance(address, str): self.packed = bytes([int(part) for part in address.split('.')])
        elif isinstance(address, bytes): self.packed = address
        else: self.packed = bytes([address >> 24 & 255, address >> 16 & 255, address >> 8 & 255, address & 255])
    def __int__(self): return int.from_bytes(self.packed, 'big')
    def __str__(self): return '.'.join([str(part) for part in self.packed])
class IPv6Address:
    version = 6
    def __init__(self, address):
        if isinstance(address, str):
            front, gap, back = address.partition('::')
            front = [int(part, 16) for part in front.split(':') if part]
            back = [int(part, 16) for part in back.split(':') if part]
            parts = front + [0] * (8 - len(front) - len(back)) + back
            self.packed = b''.join([part.to_bytes(2, 'big') for part in parts])
        elif isinstance(address, bytes): self.packed = address
        else: self.packed = address.to_bytes(16, 'big')
    def __int__(self): return int.from_bytes(self.packed, 'big')
def ip_address(address):
    if isinstance(address, str) and ':' in address or isinstance(address, bytes) and len(address) == 16:
        return IPv6Address(address)
    return IPv4Address(address)
)py";

constexpr std::string_view kTables = R"py(
def fields_of(line, delimiter, quotechar):
    if quotechar not in line: return line.split(delimiter)
    out, field, quoted, at = [], '', False, 0
    while at < len(line):
        c = line[at]
        if quoted:
            if c == quotechar and line[at + 1:at + 2] == quotechar:
                field += c
                at += 1
            elif c == quotechar: quoted = False
            else: field += c
        elif c == quotechar: quoted = True
        elif c == delimiter:
            out.append(field)
            field = ''
        else: field += c
        at += 1
    out.append(field)
    return out
def reader(lines, dialect='excel', delimiter=',', quotechar='"', **keywords):
    return iter([fields_of(line.rstrip('\r\n'), delimiter, quotechar) for line in lines])
def DictReader(lines, fieldnames=None, restkey=None, restval=None, dialect='excel', **keywords):
    rows = list(reader(lines, dialect, **keywords))
    if fieldnames is None:
        fieldnames = rows[0]
        rows = rows[1:]
    return iter([dict(zip(fieldnames, row)) for row in rows])
)py";

constexpr std::string_view kSettings = R"py(
class ConfigParser:
    def __init__(self, *arguments, **keywords): self.held, self.loose = {}, False
    def read_string(self, text, source=None):
        section = None
        for line in text.splitlines():
            line = line.strip()
            if not line or line[0] in '#;': continue
            if line[0] == '[':
                section = self.held.setdefault(line[1:].split(']')[0], {})
                continue
            name, mark, value = line.partition('=') if '=' in line else line.partition(':')
            section[name.strip().lower()] = value.strip()
    def read(self, names, encoding=None):
        self.loose = True
        return unknown
    def read_file(self, file, source=None): self.loose = True
    readfp = read_file
    def read_dict(self, given, source=None):
        for name in given: self.held[name] = {key.lower(): str(given[name][key]) for key in given[name]}
    def sections(self): return unknown if self.loose else [name for name in self.held if name != 'DEFAULT']
    def options(self, section): return unknown if self.loose else list(self.held[section])
    def items(self, section): return unknown if self.loose else list(self.held[section].items())
    def get(self, section, option, raw=False, vars=None, fallback=None):
        if self.loose: return unknown
        if section not in self.held: return fallback
        return self.held[section].get(option.lower(), fallback)
    def getint(self, section, option, raw=False, vars=None, fallback=None): return int(self.get(section, option, raw, vars, fallback))
    def getfloat(self, section, option, raw=False, vars=None, fallback=None): return float(self.get(section, option, raw, vars, fallback))
    def has_section(self, section): return unknown if self.loose else section in self.held
    def has_option(self, section, option): return unknown if self.loose else option.lower() in self.held[section]
    def __getitem__(self, section): return unknown if self.loose else self.held[section]
    def __contains__(self, section): return unknown if self.loose else section in self.held
    def __iter__(self): return iter(unknown if self.loose else self.held)
RawConfigParser = SafeConfigParser = ConfigParser
)py";

constexpr std::string_view kIdentity = R"py(
class UUID:
    def __init__(self, hex=None, bytes=None, bytes_le=None, fields=None, int=None, version=None):
        import binascii
        if hex is not None:
            self.hex = hex.replace('urn:', '').replace('uuid:', '').strip('{}').replace('-', '')
        elif bytes is not None: self.hex = bytes.hex()
        elif int is not None: self.hex = '%032x' % int
        elif bytes_le is not None:
            self.hex = (bytes_le[3::-1] + bytes_le[5:3:-1] + bytes_le[7:5:-1] + bytes_le[8:]).hex()
        elif fields is not None:
            self.hex = '%08x%04x%04x%02x%02x%012x' % tuple(fields)
        self.bytes = binascii.unhexlify(self.hex)
        self.bytes_le = self.bytes[3::-1] + self.bytes[5:3:-1] + self.bytes[7:5:-1] + self.bytes[8:]
        number = 0
        for byte in self.bytes: number = number * 256 + byte
        self.int = number
        self.node = number & 0xffffffffffff
        self.time_low = number >> 96
    def __int__(self): return self.int
    def __str__(self):
        hex = self.hex
        return '-'.join([hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]])
)py";

constexpr std::string_view kFractions = R"py(
class Fraction:
    def __init__(self, numerator=0, denominator=1):
        if isinstance(numerator, str):
            numerator, mark, below = numerator.partition('/')
            numerator, denominator = int(numerator), int(below or '1')
        a, b = numerator, denominator
        while b: a, b = b, a % b
        self.numerator, self.denominator = numerator // a, denominator // a
    def __int__(self): return self.numerator // self.denominator
    __trunc__ = __floor__ = __int__
    def __float__(self): return self.numerator / self.denominator
    def of(self, other):
        if isinstance(other, Fraction): return other.numerator, other.denominator
        return other, 1
    def __add__(self, other):
        a, b = self.of(other)
        return Fraction(self.numerator * b + a * self.denominator, self.denominator * b)
    def __sub__(self, other):
        a, b = self.of(other)
        return Fraction(self.numerator * b - a * self.denominator, self.denominator * b)
    def __mul__(self, other):
        a, b = self.of(other)
        return Fraction(self.numerator * a, self.denominator * b)
    def __truediv__(self, other):
        a, b = self.of(other)
        return Fraction(self.numerator * b, self.denominator * a)
    __radd__, __rmul__ = __add__, __mul__
    def __eq__(self, other):
        a, b = self.of(other)
        return self.numerator * b == a * self.denominator
    def __lt__(self, other):
        a, b = self.of(other)
        return self.numerator * b < a * self.denominator
    def __gt__(self, other):
        a, b = self.of(other)
        return self.numerator * b > a * self.denominator
)py";

constexpr std::string_view kQueries = R"py(
from urllib.parse import unquote
def unquote_plus(string, encoding='utf-8', errors='replace'): return unquote(string.replace('+', ' '))
def parse_qsl(qs, *arguments, **keywords):
    out = []
    for part in qs.replace(';', '&').split('&'):
        if part:
            name, mark, value = part.partition('=')
            out.append((unquote_plus(name), unquote_plus(value)))
    return out
def parse_qs(qs, *arguments, **keywords):
    out = {}
    for name, value in parse_qsl(qs): out.setdefault(name, []).append(value)
    return out
)py";

constexpr std::string_view kMail = R"py(
def decode_header(header):
    import base64, quopri
    out, rest = [], header
    while '=?' in rest:
        front, mark, rest = rest.partition('=?')
        if front.strip(): out.append((front.encode(), None))
        charset, mark, rest = rest.partition('?')
        way, mark, rest = rest.partition('?')
        text, mark, rest = rest.partition('?=')
        if way.lower() == 'b': data = base64.b64decode(text)
        else: data = quopri.decodestring(text.replace('_', ' ').encode())
        out.append((data, charset.lower()))
    if rest.strip(): out.append((rest.encode() if out else rest, None))
    return out
)py";

constexpr std::string_view kPatterns = R"py(
class Template:
    delimiter = '$'
    def __init__(self, template): self.template = template
    def substitute(self, mapping=None, **keywords):
        values = keywords
        if mapping is not None and not keywords: values = mapping
        elif mapping is not None:
            values = dict(mapping)
            values.update(keywords)
        out, at, text, mark = '', 0, self.template, self.delimiter
        while True:
            end = text.find(mark, at)
            if end < 0: return out + text[at:]
            out += text[at:end]
            at = end + len(mark)
            if text.startswith(mark, at):
                out += mark
                at += len(mark)
                continue
            braced = text[at:at + 1] == '{'
            at += braced
            end = at
            while end < len(text) and (text[end].isalnum() or text[end] == '_'): end += 1
            name = text[at:end]
            at = end + braced
            out += str(values[name])
    safe_substitute = substitute
)py";

constexpr std::string_view kMarkup = R"py(
def parts_of(text):
    out, at = [], 0
    while at < len(text):
        if text.startswith('<!--', at):
            at = text.find('-->', at) + 3
            if at < 3: break
            continue
        if text[at] != '<':
            end = text.find('<', at)
            if end < 0: end = len(text)
            out.append(('data', text[at:end], {}))
            at = end
            continue
        end = text.find('>', at)
        if end < 0: break
        inside = text[at + 1:end]
        at = end + 1
        if inside[:1] in '?!': continue
        if inside[:1] == '/':
            out.append(('end', inside[1:].strip(), {}))
            continue
        alone = inside[-1:] == '/'
        if alone: inside = inside[:-1]
        name, space, rest = inside.strip().partition(' ')
        attributes = {}
        while '=' in rest:
            key, mark, rest = rest.partition('=')
            rest = rest.lstrip()
            quote = rest[:1]
            value, mark, rest = rest[1:].partition(quote)
            attributes[key.strip()] = value
        out.append(('start', name, attributes))
        if alone: out.append(('end', name, {}))
    return out
class HTMLParser:
    def __init__(self, *arguments, **keywords): pass
    def feed(self, data):
        import html
        for kind, text, attributes in parts_of(data):
            if kind == 'data': self.handle_data(html.unescape(text))
            elif kind == 'start': self.handle_starttag(text.lower(), list(attributes.items()))
            else: self.handle_endtag(text.lower())
    def handle_data(self, data): pass
    def handle_starttag(self, tag, attrs): pass
    def handle_endtag(self, tag): pass
    def close(self): pass
    def reset(self): pass
class Element:
    def __init__(self, tag, attrib={}):
        self.tag, self.attrib, self.text, self.tail, self.parts = tag, attrib, None, None, []
    def get(self, name, default=None): return self.attrib.get(name, default)
    def items(self): return list(self.attrib.items())
    def keys(self): return list(self.attrib)
    def __iter__(self): return iter(self.parts)
    def __len__(self): return len(self.parts)
    def __getitem__(self, at): return self.parts[at]
    def iter(self, tag=None):
        out = [self] if tag is None or tag == self.tag else []
        for part in self.parts: out.extend(part.iter(tag))
        return out
    def findall(self, path):
        name = path.split('/')[-1]
        return [part for part in self.iter() if part.tag == name and part is not self]
    def find(self, path):
        for part in self.findall(path): return part
    def findtext(self, path, default=None):
        found = self.find(path)
        return default if found is None else found.text
    def itertext(self): return [part.text for part in self.iter() if part.text]
def fromstring(text, parser=None):
    import html
    top, open_ones = None, []
    if isinstance(text, bytes): text = text.decode()
    for kind, name, attributes in parts_of(text):
        if kind == 'start':
            made = Element(name, {key: html.unescape(attributes[key]) for key in attributes})
            if open_ones: open_ones[-1].parts.append(made)
            else: top = made
            open_ones.append(made)
        elif kind == 'end': open_ones.pop()
        elif open_ones:
            held = open_ones[-1]
            if held.parts: held.parts[-1].tail = html.unescape(name)
            else: held.text = html.unescape(name)
    return top
XML = fromstring
)py";

constexpr std::string_view kStreams = R"py(
class StringIO:
    empty = ''
    def __init__(self, initial=None, newline=None):
        self.data, self.at = self.empty if initial is None else initial, 0
    def getvalue(self): return self.data
    getbuffer = getvalue
    def read(self, size=-1):
        end = len(self.data) if size is None or size < 0 else self.at + size
        out = self.data[self.at:end]
        self.at += len(out)
        return out
    read1 = read
    def readline(self, size=-1):
        mark = '\n' if self.empty == '' else b'\n'
        end = self.data.find(mark, self.at)
        return self.read(-1 if end < 0 else end + 1 - self.at)
    def readlines(self, hint=-1):
        out = []
        while self.at < len(self.data): out.append(self.readline())
        return out
    def __iter__(self): return iter(self.readlines())
    def __next__(self):
        line = self.readline()
        if not line: raise StopIteration
        return line
    def seek(self, at, whence=0):
        self.at = at + (0 if whence == 0 else self.at if whence == 1 else len(self.data))
        return self.at
    def tell(self): return self.at
    def write(self, text):
        self.data = self.data[:self.at] + text + self.data[self.at + len(text):]
        self.at += len(text)
        return len(text)
    def writelines(self, lines):
        for line in lines: self.write(line)
    def truncate(self, size=None): self.data = self.data[:self.at if size is None else size]
    def close(self): pass
    def __enter__(self): return self
    def __exit__(self, *error): pass
class BytesIO(StringIO):
    empty = b''
)py";

constexpr std::string_view kFormatter = R"py(
def closing(text, at):
    open_ones = 0
    while at < len(text):
        if text[at] == '{': open_ones += 1
        elif text[at] == '}':
            if open_ones == 0: return at
            open_ones -= 1
        at += 1
    raise ValueError("expected '}' before end of string")
def parsed(text):
    out, literal, at = [], '', 0
    while at < len(text):
        one = text[at]
        if one in '{}' and text[at + 1:at + 2] == one:
            literal += one
            at += 2
        elif one == '{':
            end = closing(text, at + 1)
            name, colon, spec = text[at + 1:end].partition(':')
            name, mark, conversion = name.partition('!')
            out.append((literal, name, spec, conversion or None))
            literal, at = '', end + 1
        else:
            literal += one
            at += 1
    if literal: out.append((literal, None, None, None))
    return out
class Formatter:
    def format(self, format_string, *args, **kwargs): return self.vformat(format_string, args, kwargs)
    def vformat(self, format_string, args, kwargs):
        out, next_one = '', 0
        for literal, name, spec, conversion in self.parse(format_string):
            out += literal
            if name is None: continue
            if name == '' or name[0] in '.[':
                name = str(next_one) + name
                next_one += 1
            value, used = self.get_field(name, args, kwargs)
            out += self.format_field(self.convert_field(value, conversion), self.vformat(spec, args, kwargs))
        return out
    def parse(self, format_string): return iter(parsed(format_string))
    def get_field(self, field_name, args, kwargs):
        parts = field_name.replace(']', '').replace('[', '.[').split('.')
        first = int(parts[0]) if parts[0].isdigit() else parts[0]
        value = self.get_value(first, args, kwargs)
        for part in parts[1:]:
            if part[:1] != '[': value = getattr(value, part)
            else: value = value[int(part[1:]) if part[1:].isdigit() else part[1:]]
        return value, first
    def get_value(self, key, args, kwargs): return args[key] if isinstance(key, int) else kwargs[key]
    def check_unused_args(self, used_args, args, kwargs): pass
    def format_field(self, value, format_spec): return format(value, format_spec)
    def convert_field(self, value, conversion):
        return value if conversion is None else str(value) if conversion == 's' else repr(value) if conversion == 'r' else ascii(value)
)py";

constexpr std::string_view kWords = R"py(
def capwords(s, sep=None): return (' ' if sep is None else sep).join([word.capitalize() for word in s.split(sep)])
)py";

constexpr std::string_view kTemplates = R"py(
class Interpolation:
    __match_args__ = ('value', 'expression', 'conversion', 'format_spec')
    def __init__(self, value, expression='', conversion=None, format_spec=''):
        self.value, self.expression, self.conversion, self.format_spec = value, expression, conversion, format_spec
class Template:
    def __init__(self, *parts):
        strings, interpolations = [''], []
        for part in parts:
            if isinstance(part, str): strings[-1] += part
            else:
                interpolations.append(part)
                strings.append('')
        self.strings, self.interpolations = tuple(strings), tuple(interpolations)
        self.values = tuple([part.value for part in interpolations])
    def __iter__(self):
        out = []
        for at in range(len(self.strings)):
            if self.strings[at]: out.append(self.strings[at])
            out.extend(self.interpolations[at:at + 1])
        return iter(out)
    def __add__(self, other): return Template(*self, *other)
def convert(obj, conversion): return obj if conversion is None else str(obj) if conversion == 's' else repr(obj) if conversion == 'r' else ascii(obj)
)py";

constexpr Written kParts[] = {
    {"string.templatelib.Template", kTemplates, Takes::whatever, Origins::kept, true},
    {"string.templatelib.Interpolation", kTemplates, Takes::whatever, Origins::kept, true},
    {"string.capwords", kWords}, {"string.templatelib.convert", kTemplates, Takes::anything},
    {"string.Formatter", kFormatter, Takes::base},
    {"ipaddress.ip_address", kAddresses}, {"ipaddress.IPv4Address", kAddresses}, {"ipaddress.IPv6Address", kAddresses},
    {"csv.reader", kTables}, {"csv.DictReader", kTables},
    {"configparser.ConfigParser", kSettings, Takes::base, Origins::lost}, {"configparser.RawConfigParser", kSettings, Takes::base, Origins::lost},
    {"configparser.SafeConfigParser", kSettings, Takes::base, Origins::lost},
    {"io.StringIO", kStreams}, {"io.BytesIO", kStreams},
    {"uuid.UUID", kIdentity, Takes::content}, {"fractions.Fraction", kFractions},
    {"urllib.parse.unquote_plus", kQueries, Takes::content}, {"urllib.parse.parse_qs", kQueries, Takes::content}, {"urllib.parse.parse_qsl", kQueries, Takes::content},
    {"email.header.decode_header", kMail, Takes::content}, {"string.Template", kPatterns, Takes::base},
    {"html.parser.HTMLParser", kMarkup, Takes::base}, {"xml.etree.ElementTree.fromstring", kMarkup, Takes::content}, {"xml.etree.ElementTree.XML", kMarkup, Takes::content},
};

}  // namespace

std::span<const Written> written_text_parts() { return kParts; }

}  // namespace winnow::machine
