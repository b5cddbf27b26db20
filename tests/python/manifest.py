"""Reads manifest.tsv files: one row per labelled model file (columns file, expect, format, size, ...)."""
import csv
import pathlib
import sys

SKIPPED = 77  # what ctest takes for "not run"

# Formats that are read today; others may be in a folder of models, but decide no test.
READ = ('keras', 'hdf5', 'pickle', 'pytorch-', 'joblib', 'npy', 'npz', 'zip', 'tar', '7z', 'torchscript-zip',
                 'stable-baselines-zip', 'png-as-pt', 'text-as-bin', 'skops', 'numpy', 'r-', 'xgboost', 'lightgbm', 'catboost', 'coreml',
                 'mxnet', 'h2o', 'java', 'pmml', 'matlab')


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


def in_family(row):
    return row['format'].startswith(READ)
