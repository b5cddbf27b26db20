#!/usr/bin/env python3
"""The output of --format sarif holds what the standard's schema demands (SARIF 2.1.0, OASIS, 27 March 2020).

  sarif_report.py WINNOW WINNOW_ASSEMBLE CASES_FOLDER [FILE...]

SHAPES has of every object that Winnow writes the properties that the schema knows there, with their types, those that
must be there, and what may not repeat; nothing else may stand in one, as the schema says "additionalProperties": false
everywhere but in property bags. Behind the shapes stand rules of the standard's text, which no schema tells: indices
that point where they say, levels that fit kinds.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

WINNOW, ASSEMBLE, CASES = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
FILES = sys.argv[4:]

TEXT, WHOLE, FLAG, URI, BAG = 'text', 'whole', 'flag', 'uri', 'bag'
LEVELS = {'none', 'note', 'warning', 'error'}
KINDS = {'notApplicable', 'pass', 'fail', 'review', 'open', 'informational'}
ANY = 'any'

# Of each object: its properties; a trailing ! means required, [] a list, [=] a list without repetitions. What Winnow
# has no use for is known by its name and not looked into.
SHAPES = {
    'log': {'$schema': URI, 'version!': {'2.1.0'}, 'runs![]': 'run', 'inlineExternalProperties': ANY, 'properties': BAG},
    'run': {'tool!': 'tool', 'invocations[]': 'invocation', 'artifacts[=]': 'artifact', 'results[]': 'result', 'properties': BAG,
            'conversion': ANY, 'language': TEXT, 'versionControlProvenance': ANY, 'originalUriBaseIds': ANY, 'logicalLocations': ANY,
            'graphs': ANY, 'automationDetails': ANY, 'runAggregates': ANY, 'baselineGuid': TEXT, 'redactionTokens': ANY,
            'defaultEncoding': TEXT, 'defaultSourceLanguage': TEXT, 'newlineSequences': ANY, 'columnKind': ANY,
            'externalPropertyFileReferences': ANY, 'threadFlowLocations': ANY, 'taxonomies': ANY, 'addresses': ANY,
            'translations': ANY, 'policies': ANY, 'webRequests': ANY, 'webResponses': ANY, 'specialLocations': ANY},
    'tool': {'driver!': 'component', 'extensions[=]': 'component', 'properties': BAG},
    'component': {'name!': TEXT, 'version': TEXT, 'semanticVersion': TEXT, 'informationUri': URI, 'rules[=]': 'rule',
                  'properties': BAG, 'guid': TEXT, 'organization': TEXT, 'product': TEXT, 'productSuite': TEXT,
                  'shortDescription': 'described', 'fullDescription': 'described', 'fullName': TEXT, 'releaseDateUtc': TEXT,
                  'dottedQuadFileVersion': TEXT, 'downloadUri': URI, 'globalMessageStrings': ANY, 'notifications[=]': 'rule',
                  'taxa[=]': 'rule', 'locations': ANY, 'language': TEXT, 'contents': ANY, 'isComprehensive': FLAG,
                  'localizedDataSemanticVersion': TEXT, 'minimumRequiredLocalizedDataSemanticVersion': TEXT,
                  'associatedComponent': ANY, 'translationMetadata': ANY, 'supportedTaxonomies': ANY},
    'rule': {'id!': TEXT, 'name': TEXT, 'shortDescription': 'described', 'fullDescription': 'described', 'help': 'described',
             'helpUri': URI, 'properties': BAG, 'deprecatedIds': ANY, 'guid': TEXT, 'deprecatedGuids': ANY, 'deprecatedNames': ANY,
             'messageStrings': ANY, 'defaultConfiguration': ANY, 'relationships': ANY},
    'described': {'text!': TEXT, 'markdown': TEXT, 'properties': BAG},
    'invocation': {'executionSuccessful!': FLAG, 'toolExecutionNotifications[]': 'notification', 'properties': BAG,
                   'toolConfigurationNotifications[]': 'notification', 'commandLine': TEXT, 'arguments': ANY, 'responseFiles': ANY,
                   'startTimeUtc': TEXT, 'endTimeUtc': TEXT, 'exitCode': WHOLE, 'ruleConfigurationOverrides': ANY,
                   'notificationConfigurationOverrides': ANY, 'exitCodeDescription': TEXT, 'exitSignalName': TEXT,
                   'exitSignalNumber': WHOLE, 'processStartFailureMessage': TEXT, 'machine': TEXT, 'account': TEXT,
                   'processId': WHOLE, 'executableLocation': ANY, 'workingDirectory': ANY, 'environmentVariables': ANY,
                   'stdin': ANY, 'stdout': ANY, 'stderr': ANY, 'stdoutStderr': ANY},
    'notification': {'message!': 'message', 'level': LEVELS, 'descriptor': 'reference', 'locations[=]': 'location',
                     'properties': BAG, 'threadId': WHOLE, 'timeUtc': TEXT, 'exception': ANY, 'associatedRule': 'reference'},
    'reference': {'id': TEXT, 'index': WHOLE, 'guid': TEXT, 'toolComponent': ANY, 'properties': BAG},
    'message': {'text': TEXT, 'markdown': TEXT, 'id': TEXT, 'arguments': ANY, 'properties': BAG},
    'artifact': {'location': 'artifact_location', 'length': WHOLE, 'hashes': ANY, 'properties': BAG, 'description': 'message',
                 'parentIndex': WHOLE, 'offset': WHOLE, 'roles': ANY, 'mimeType': TEXT, 'contents': ANY, 'encoding': TEXT,
                 'sourceLanguage': TEXT, 'lastModifiedTimeUtc': TEXT},
    'artifact_location': {'uri': URI, 'uriBaseId': TEXT, 'index': WHOLE, 'description': 'message', 'properties': BAG},
    'result': {'message!': 'message', 'ruleId': TEXT, 'ruleIndex': WHOLE, 'rule': 'reference', 'kind': KINDS, 'level': LEVELS,
               'locations[]': 'location', 'relatedLocations[=]': 'location', 'properties': BAG, 'analysisTarget': ANY, 'guid': TEXT,
               'correlationGuid': TEXT, 'occurrenceCount': WHOLE, 'partialFingerprints': ANY, 'fingerprints': ANY, 'stacks': ANY,
               'codeFlows': ANY, 'graphs': ANY, 'graphTraversals': ANY, 'suppressions': ANY, 'baselineState': TEXT, 'rank': ANY,
               'attachments': ANY, 'hostedViewerUri': URI, 'workItemUris': ANY, 'provenance': ANY, 'fixes': ANY, 'taxa': ANY,
               'webRequest': ANY, 'webResponse': ANY},
    'location': {'id': WHOLE, 'physicalLocation': 'physical', 'logicalLocations[=]': 'logical', 'message': 'message',
                 'annotations': ANY, 'relationships': ANY, 'properties': BAG},
    'physical': {'artifactLocation': 'artifact_location', 'region': 'region', 'contextRegion': 'region', 'address': ANY,
                 'properties': BAG},
    'region': {'byteOffset': WHOLE, 'byteLength': WHOLE, 'startLine': WHOLE, 'startColumn': WHOLE, 'endLine': WHOLE,
               'endColumn': WHOLE, 'charOffset': WHOLE, 'charLength': WHOLE, 'snippet': 'content', 'message': 'message',
               'sourceLanguage': TEXT, 'properties': BAG},
    'content': {'text': TEXT, 'binary': TEXT, 'rendered': 'described', 'properties': BAG},
    'logical': {'name': TEXT, 'index': WHOLE, 'fullyQualifiedName': TEXT, 'decoratedName': TEXT, 'parentIndex': WHOLE,
                'kind': TEXT, 'properties': BAG},
}
# At least one of these must stand in the object.
ONE_OF = {'message': ('text', 'id'), 'physical': ('address', 'artifactLocation'), 'reference': ('id', 'index', 'guid'),
          'region': ('startLine', 'charOffset', 'byteOffset')}
URI_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-F]{2})*")


def faults_of_value(value, kind, where):
    if kind is ANY:
        return []
    if isinstance(kind, set):
        return [] if value in kind else ['%s: %r is none of %s' % (where, value, sorted(kind))]
    if kind in SHAPES:
        return faults_of(value, kind, where)
    right = {TEXT: lambda: isinstance(value, str), FLAG: lambda: isinstance(value, bool), BAG: lambda: isinstance(value, dict),
             WHOLE: lambda: isinstance(value, int) and not isinstance(value, bool) and value >= -1,
             URI: lambda: isinstance(value, str) and URI_CHARACTERS.fullmatch(value) and urllib.parse.urlsplit(value) is not None}
    return [] if right[kind]() else ['%s: %r is no %s' % (where, value, kind)]


def faults_of(value, shape, where='log'):
    if not isinstance(value, dict):
        return ['%s: no object' % where]
    faults, known = [], {}
    for key, kind in SHAPES[shape].items():
        name = re.match(r'[\w$]+', key).group()
        known[name] = (key, kind)
        if '!' in key and name not in value:
            faults.append('%s: no %s' % (where, name))
    if shape in ONE_OF and not any(name in value for name in ONE_OF[shape]):
        faults.append('%s: none of %s' % (where, ', '.join(ONE_OF[shape])))
    for name, inner in value.items():
        place = '%s.%s' % (where, name)
        if name not in known:
            faults.append('%s: the schema does not know it' % place)
            continue
        key, kind = known[name]
        if '[' not in key:
            faults += faults_of_value(inner, kind, place)
            continue
        if not isinstance(inner, list):
            faults.append('%s: no list' % place)
            continue
        if '[=]' in key and len({json.dumps(one, sort_keys=True) for one in inner}) != len(inner):
            faults.append('%s: repeats itself' % place)
        for i, one in enumerate(inner):
            faults += faults_of_value(one, kind, '%s[%d]' % (place, i))
    return faults


def faults_of_meaning(log):
    faults = []
    for run in log['runs']:
        rules = run['tool']['driver'].get('rules', [])
        if len({rule['id'] for rule in rules}) != len(rules):
            faults.append('two rules have one id')
        for i, result in enumerate(run.get('results', [])):
            at = result.get('ruleIndex', -1)
            if at >= 0 and (at >= len(rules) or rules[at]['id'] != result.get('ruleId')):
                faults.append('result %d: ruleIndex does not lead to its rule' % i)
            if result.get('kind', 'fail') != 'fail' and result.get('level', 'none') != 'none':
                faults.append('result %d: a level without a failure' % i)
            if not result['message'].get('text'):
                faults.append('result %d: says nothing' % i)
    return faults


def sarif(*arguments):
    run = subprocess.run([WINNOW, 'scan', '--format', 'sarif', *map(str, arguments)], capture_output=True, timeout=120)
    if run.returncode not in (0, 1, 2):
        raise AssertionError('winnow scan %s: %d\n%s' % (arguments, run.returncode, run.stderr.decode()))
    return json.loads(run.stdout.decode('utf-8'))


class Sarif(unittest.TestCase):
    maxDiff = None

    def check(self, *files):
        log = sarif(*files)
        self.assertEqual(faults_of(log, 'log'), [])
        self.assertEqual(faults_of_meaning(log), [])
        return log

    def test_finds_what_is_wrong(self):
        bad = {'version': '2.1', 'runs': [{'tool': {'driver': {'rules': [{'id': 'a'}, {'id': 'a'}]}}, 'results': [{'level': 'bad'}], 'extra': 1}]}
        self.assertGreaterEqual(len(faults_of(bad, 'log')), 5)

    def test_hostile_names_and_texts(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, data in (('a b%\u00e9\n.pkl', b"cos\nsystem\n(S'echo \\x1b[31m \xff'\ntR."), ('broken.pkl', b'\x80\x04}\x8c\xc8weights'),
                               ('clean.pkl', b'\x80\x04N.'), ('\u202egnp.pkl', b'c\xc3\xb8s\nsystem\n(Vid\ntR.')):
                (pathlib.Path(folder) / name).write_bytes(data)
            log = self.check(folder)
            self.assertEqual(len(log['runs'][0]['artifacts']), 4)
            self.assertFalse(log['runs'][0]['invocations'][0]['executionSuccessful'])

    def test_cases(self):
        # Every area gives a few: archives with members, several places of one threat, gaps, repositories.
        with tempfile.TemporaryDirectory() as folder:
            for area in sorted(path for path in CASES.iterdir() if path.is_dir()):
                for case in sorted(area.glob('*.test'))[::7]:
                    data = subprocess.run([ASSEMBLE, str(case)], capture_output=True, check=True).stdout
                    (pathlib.Path(folder) / ('%s-%s.bin' % (area.name, case.stem))).write_bytes(data)
            log = self.check(folder)
            self.assertGreater(len(log['runs'][0]['results']), 50)
            self.assertGreater(len(log['runs'][0]['tool']['driver']['rules']), 10)

    @unittest.skipUnless(FILES, 'no further files were named')
    def test_files(self):
        self.check(*FILES)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
