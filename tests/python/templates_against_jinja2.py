"""Does a template mean to us what it means to jinja2?

    templates_against_jinja2.py WINNOW [--seed N] [--count N] [--keep FOLDER]

Names are spelt by random chains of jinja's operators, filters, macros and statements, and looked up. jinja2 itself says
what each chain spells. Where that is a name that its sandbox refuses, the scan must call the template malicious; where
it is a harmless one, clean. Random templates of all statements that jinja2 takes must be read without a gap.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

import manifest

try:
    import jinja2
    import jinja2.sandbox
except ImportError:
    manifest.skip('jinja2 is not installed')

EXTENSIONS = ['jinja2.ext.loopcontrols', 'jinja2.ext.do']
INSIDE = ('__class__', '__globals__', '__init__', 'gi_frame', '__subclasses__')
HARMLESS = ('content', 'upper', 'role', 'next', 'items')


class Speller:
    """Makes an expression that is worth a given text, and the statements that have to stand before it."""

    def __init__(self, rng):
        self.rng = rng
        self.before = []
        self.names = 0

    def name(self):
        self.names += 1
        return 'v%d' % self.names

    def literal(self, text):
        quote = self.rng.choice('\'"')
        out = []
        for c in text:
            kind = self.rng.randrange(8)
            if c in '\\\'"\n':
                out.append('\\x%02x' % ord(c))
            elif kind == 0:
                out.append('\\x%02x' % ord(c))
            elif kind == 1:
                out.append('\\u%04x' % ord(c))
            elif kind == 2:
                out.append('\\%03o' % ord(c))
            elif kind == 3 and c == '_':
                out.append('\\N{LOW LINE}')
            else:
                out.append(c)
        return quote + ''.join(out) + quote

    def cut(self, text, most=3):
        places = sorted(self.rng.sample(range(1, len(text)), min(len(text) - 1, self.rng.randint(1, most))))
        return [text[a:b] for a, b in zip([0] + places, places + [len(text)])]

    def spell(self, text, depth):
        if depth <= 0 or not text:
            return self.literal(text)
        ways = [getattr(self, way) for way in dir(self) if way.startswith('by_')]
        if len(text) < 2:
            ways = [way for way in ways if not way.__name__.startswith('by_parts')]
        return self.rng.choice(ways)(text, depth - 1)

    def each(self, parts, depth):
        return [self.spell(part, depth - 1 if self.rng.random() < 0.7 else 0) for part in parts]

    # Parts put together.
    def by_parts_tilde(self, text, depth):
        return '(%s)' % ' ~ '.join(self.each(self.cut(text), depth))

    def by_parts_plus(self, text, depth):
        return '(%s)' % ' + '.join(self.each(self.cut(text), depth))

    def by_parts_adjacent(self, text, depth):
        return '(%s)' % ' '.join(self.literal(part) for part in self.cut(text))

    def by_parts_join(self, text, depth):
        return '([%s]|join)' % ', '.join(self.each(self.cut(text), depth))

    def by_parts_join_method(self, text, depth):
        return "(''.join((%s,)))" % ', '.join(self.each(self.cut(text), depth))

    def by_parts_format(self, text, depth):
        parts = self.each(self.cut(text), depth)
        return "(%s|format(%s))" % (self.literal('%s' * len(parts)), ', '.join(parts))

    def by_parts_percent(self, text, depth):
        parts = self.each(self.cut(text), depth)
        return "(%s %% (%s,))" % (self.literal('%s' * len(parts)), ', '.join(parts))

    def by_parts_braces(self, text, depth):
        parts = self.each(self.cut(text), depth)
        return "(%s.format(%s))" % (self.literal('{}' * len(parts)), ', '.join(parts))

    def by_parts_split(self, text, depth):
        return "(%s.split('!')|join)" % self.spell('!'.join(self.cut(text)), 0)

    def by_parts_block(self, text, depth):
        name, parts = self.name(), self.each(self.cut(text), depth)
        self.before.append('{% set ' + name + ' %}' + ''.join('{{ %s }}' % part for part in parts) + '{% endset %}')
        return name

    def by_parts_macro(self, text, depth):
        name, parts = self.name(), self.cut(text)
        self.before.append('{%% macro %s(a, b=%s) %%}{{ a }}{{ b }}{%% endmacro %%}' % (name, self.literal(''.join(parts[1:]))))
        return '%s(%s)' % (name, self.spell(parts[0], 0))

    def by_parts_loop(self, text, depth):
        name, parts = self.name(), self.cut(text)
        self.before.append("{%% set %s = namespace(t='') %%}{%% for c in [%s] %%}{%% set %s.t = %s.t ~ c %%}{%% endfor %%}" % (
            name, ', '.join(self.literal(part) for part in parts), name, name))
        return name + '.t'

    # One text out of another.
    def by_reverse(self, text, depth):
        return '(%s|reverse)' % self.spell(text[::-1], depth)

    def by_slice_back(self, text, depth):
        return '(%s[::-1])' % self.spell(text[::-1], depth)

    def by_slice(self, text, depth):
        return '(%s[2:-1])' % self.spell('xy' + text + 'z', depth)

    def by_slice_step(self, text, depth):
        return '(%s[::2])' % self.spell(''.join(c + '-' for c in text), depth)

    def by_lower(self, text, depth):
        return '(%s|lower)' % self.spell(text.upper(), depth) if text == text.lower() else self.literal(text)

    def by_upper(self, text, depth):
        return '(%s.swapcase())' % self.spell(text.swapcase(), depth)

    def by_replace(self, text, depth):
        return "(%s|replace('#', ''))" % self.spell('#'.join(text), depth)

    def by_replace_method(self, text, depth):
        return "(%s.replace('@@', %s))" % (self.spell('@@' + text[1:], depth), self.literal(text[:1]))

    def by_trim(self, text, depth):
        return '(%s|trim)' % self.spell('  ' + text + ' ', depth)

    def by_strip(self, text, depth):
        return "(%s.strip('!'))" % self.spell('!' + text + '!!', depth)

    def by_characters(self, text, depth):
        return "(%s|format(%s))" % (self.literal('%c' * len(text)), ', '.join(str(ord(c)) for c in text))

    def by_list(self, text, depth):
        return '(%s|list|join)' % self.spell(text, depth)

    def by_filters(self, text, depth):
        return '(%s|%s)' % (self.spell(text, depth), self.rng.choice(['string', 'safe', 'e', 'default("x")', 'striptags', 'trim']))

    def by_map(self, text, depth):
        return "([%s]|map('lower')|map('trim')|join)" % self.spell(text.upper() if text == text.lower() else text, depth) \
            if text == text.lower() else self.literal(text)

    # Out of something that holds it.
    def by_first(self, text, depth):
        return "([%s, 'x']|first)" % self.spell(text, depth)

    def by_last(self, text, depth):
        return "(['x', %s]|last)" % self.spell(text, depth)

    def by_index(self, text, depth):
        return "(['x', %s][%s])" % (self.spell(text, depth), self.rng.choice(['1', '-1']))

    def by_key(self, text, depth):
        return "({'k': %s}%s)" % (self.spell(text, depth), self.rng.choice(["['k']", '.k', ".get('k')", "|attr('get')('k')"]))

    def by_dict(self, text, depth):
        return '(dict(k=%s)%s)' % (self.spell(text, depth), self.rng.choice(['.k', "['k']"]))

    def by_keyword(self, text, depth):
        if not text.isidentifier():
            return self.literal(text)
        return '(dict(%s=1)%s)' % (text, self.rng.choice(['|list|first', '|first', '|join', '.keys()|list|last', '|items|first|first']))

    def by_namespace(self, text, depth):
        name = self.name()
        worth = self.spell(text, depth)
        self.before.append('{%% set %s = namespace(a=0) %%}{%% set %s.a = %s %%}' % (name, name, worth))
        return name + '.a'

    def by_variable(self, text, depth):
        name = self.name()
        worth = self.spell(text, depth)
        self.before.append('{%% set %s = %s %%}' % (name, worth))
        return name

    def by_tuple(self, text, depth):
        one, two = self.name(), self.name()
        worth = self.spell(text, depth)
        self.before.append('{%% set %s, %s = %s, 1 %%}' % (one, two, worth))
        return one

    def by_filter_block(self, text, depth):
        name = self.name()
        worth = self.spell(text[::-1], depth)
        self.before.append('{%% set %s | reverse %%}{{ %s }}{%% endset %%}' % (name, worth))
        return name

    def by_choice(self, text, depth):
        worth = self.spell(text, depth)
        return self.rng.choice(["(%s if true else 'x')", "('x' if false else %s)", "(none or %s)", '(nothing|default(%s))', "(1 and %s)", "(%s or 'x')"]) % worth

    def by_caller(self, text, depth):
        name, worth = self.name(), self.name()
        inner = self.spell(text, depth)
        self.before.append('{%% macro %s() %%}{{ caller() }}{%% endmacro %%}{%% set %s %%}{%% call %s() %%}{{ %s }}{%% endcall %%}{%% endset %%}' % (
            name, worth, name, inner))
        return worth

    def by_attribute(self, text, depth):
        return "([{'a': %s}]|map(attribute='a')|first)" % self.spell(text, depth)

    def by_select(self, text, depth):
        return "([%s]|%s|first)" % (self.spell(text, depth), self.rng.choice(["select", "select('string')", "reject('none')", 'list', 'sort', 'unique']))

    def by_nested_list(self, text, depth):
        return "([[%s]]|%s)" % (self.spell(text, depth), self.rng.choice(["map('first')|first", 'first|first', "map('join')|join", 'sum(start=[])|first']))


class Sandbox(jinja2.sandbox.ImmutableSandboxedEnvironment):
    """Counts what it refuses; to look something up is no error yet."""

    refused = 0

    def unsafe_undefined(self, obj, attribute):
        self.refused += 1
        return super().unsafe_undefined(obj, attribute)


def spelling(rng, target):
    """A template that looks up `target`, spelt; and one that writes it, for jinja2 to say what it is."""
    speller = Speller(rng)
    expression = speller.spell(target, rng.randint(1, 4))
    before = ''.join(speller.before)
    use = rng.choice(["{{ lipsum|attr(%s) }}", "{{ lipsum[%s] }}", "{%% set found = cycler|attr(%s) %%}", "{%% if joiner[%s] %%}{%% endif %%}",
                      "{%% for x in messages %%}{{ x.content|attr(%s) }}{%% endfor %%}"]) % expression
    return before + use, before + '{{ ">" ~ %s }}' % expression


class Statements:
    """Random templates of every statement and operator."""

    def __init__(self, rng):
        self.rng = rng

    def expression(self, depth):
        if depth <= 0:
            return self.rng.choice(['messages', 'm.content', "'a'", '1', '2.5e3', '0x1F', '1_000', 'true', 'none', "m['role']", '[]', '{}', '()', '-1', "'a' 'b'", 'm.0'])
        e = lambda: self.expression(depth - 1)
        forms = ['(%s)' % e(), '%s ~ %s' % (e(), e()), '%s + %s' % (e(), e()), '%s * %s - %s' % (e(), e(), e()), '%s // 2 %% 3 ** 2 / 4' % e(), 'not %s' % e(),
                 '%s and %s or %s' % (e(), e(), e()), '%s if %s else %s' % (e(), e(), e()), '%s if %s' % (e(), e()), '%s == %s' % (e(), e()),
                 '%s < %s <= %s' % (e(), e(), e()), '%s in %s' % (e(), e()), '%s not in %s' % (e(), e()), '%s is defined' % e(), '%s is not none' % e(),
                 '%s is divisibleby 3' % e(), '%s is sameas(%s)' % (e(), e()), '%s is in [%s]' % (e(), e()), '%s|trim' % e(), "%s|join(', ')|upper" % e(),
                 '%s|tojson(indent=2)' % e(), '(%s).strip()' % e(), "m.get(%s, default=%s)" % (e(), e()), 'm[%s]' % e(), 'm[1:]', 'm[:%s]' % e(), 'm[::-1]', 'm[1:2, 3]',
                 '[%s, %s,]' % (e(), e()), '(%s,)' % e(), "{'a': %s, %s: 1}" % (e(), e()), 'f(%s, *m, b=%s, **m)' % (e(), e()), 'm.items()|list', '%s|map("upper")|list' % e(),
                 "%s|selectattr('a', 'equalto', %s)|list|length > 0" % (e(), e()), '-%s' % e(), '+%s' % e(), "messages|map(attribute='content')|first", '%s is string is defined' % e(),
                 "%s is mapping and 'a' in %s" % (e(), e())]
        return self.rng.choice(forms)

    def tag(self, inside):
        left, right = self.rng.choice(['{%', '{%-', '{%+']), self.rng.choice(['%}', '-%}', '%}'])
        return '%s %s %s' % (left, inside, right)

    def body(self, depth):
        return ''.join(self.statement(depth - 1) for _ in range(self.rng.randint(0, 2)))

    def statement(self, depth):
        e = lambda: self.expression(self.rng.randint(0, 2))
        t, b = self.tag, lambda: self.body(depth)
        if depth <= 0:
            return self.rng.choice(['text\n', '{{ %s }}' % e(), '{{- %s -}}' % e(), '{# %s #}' % 'a {{ b', '{ % }', '{{ %s, %s }}' % (e(), e())])
        return self.rng.choice([
            lambda: t('if ' + e()) + b() + t('elif ' + e()) + b() + t('else') + b() + t('endif'),
            lambda: t('for m in ' + e()) + b() + t('else') + b() + t('endfor'),
            lambda: t('for a, b in m.items() if ' + e()) + b() + t('continue') + t('endfor'),
            lambda: t('for m in messages recursive') + '{{ loop(m.x) }}' + t('break') + t('endfor'),
            lambda: t('set a = ' + e()), lambda: t('set a, b = 1, 2'), lambda: t('set a') + b() + t('endset'), lambda: t('set a | trim') + b() + t('endset'),
            lambda: t('set ns = namespace(a=1)') + t('set ns.a = ' + e()), lambda: t('macro f(a, b=%s)' % e()) + b() + '{{ varargs }}{{ caller() }}' + t('endmacro'),
            lambda: t('call(u) f(%s)' % e()) + b() + t('endcall'), lambda: t('call f()') + b() + t('endcall'),
            lambda: t('filter upper|trim') + b() + t('endfilter'), lambda: t('with a = %s, b = 2' % e()) + b() + t('endwith'), lambda: t('with') + b() + t('endwith'),
            lambda: t('do ' + e()), lambda: t('print ' + e()), lambda: t('raw') + '{{ {% x %} ' + t('endraw'), lambda: t('autoescape false') + b() + t('endautoescape'),
            lambda: t("include 'a' ignore missing with context"), lambda: t("import 'a' as x without context"), lambda: t("from 'a' import x, y as z with context"),
        ])()


def scan(winnow, folder):
    out = subprocess.run([winnow, 'scan', '--format', 'json', '--no-progress', folder], capture_output=True, check=False).stdout
    return {os.path.basename(a['path']): a for a in json.loads(out)['artifacts']}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('winnow')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=400)
    parser.add_argument('--keep')
    args = parser.parse_args()
    rng = random.Random(args.seed)
    plain = jinja2.Environment(extensions=EXTENSIONS)
    sandbox = Sandbox(extensions=EXTENSIONS)
    given = {'messages': [{'role': 'user', 'content': 'a'}]}
    expected, texts = {}, {}
    for i in range(args.count):
        inside = rng.random() < 0.6
        target = rng.choice(INSIDE if inside else HARMLESS)
        template, check = spelling(rng, target)
        try:
            said = plain.from_string(check).render(given)
        except jinja2.TemplateError as error:
            sys.exit('the generator is wrong: %s in %s' % (error, check))
        assert said.endswith('>' + target), (said, check)
        before = sandbox.refused
        try:
            sandbox.from_string(template).render(given)
        except (jinja2.TemplateError, TypeError, AttributeError):
            pass
        assert inside or sandbox.refused == before, template
        expected['s%d.jinja' % i] = ('malicious',) if inside else ('clean',)
        texts['s%d.jinja' % i] = template
    taken = 0
    for i in range(args.count):
        template = '{{ x }}' + Statements(rng).body(4)
        try:
            plain.parse(template)
        except jinja2.TemplateError:
            continue
        taken += 1
        expected['g%d.jinja' % i] = ('clean',)
        texts['g%d.jinja' % i] = template
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or scratch
        for name, text in texts.items():
            with open(os.path.join(folder, name), 'w', newline='') as file:
                file.write(text)
        reports = scan(args.winnow, folder)
    # A macro that calls itself without end runs out of budget; that is said, and is no misreading.
    endless = {name for name, report in reports.items() if any(gap['fault'] == 'limit' for gap in report['gaps'])}
    wrong = [name for name, verdicts in expected.items() if reports[name]['verdict'] not in verdicts and not (name[0] == 'g' and name in endless)]
    for name in wrong[:30]:
        print(name, reports[name]['verdict'], 'not', expected[name], '\n   ', texts[name][:600].replace('\n', '\\n'))
    print('%d spelt, %d refused by the sandbox, %d random templates, %d wrong' % (args.count, sandbox.refused, taken, len(wrong)))
    sys.exit(1 if wrong else 0)


if __name__ == '__main__':
    main()
