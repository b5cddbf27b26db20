"""Reads manifest.tsv files: one row per labelled model file (columns file, expect, format, size, ...)."""
import csv
import pathlib
import sys

SKIPPED = 77  # what ctest takes for "not run"


def skip(why):
    print('skipped: ' + why)
    sys.exit(SKIPPED)


def rows(folder):
    """The rows of a folder's manifest; ends the test with a message where there is none."""
    manifest = pathlib.Path(folder) / 'manifest.tsv'
    if not manifest.is_file():
        skip('%s does not exist' % manifest)
    with manifest.open(newline='') as file:
        return list(csv.DictReader(file, delimiter='\t', quoting=csv.QUOTE_NONE))
