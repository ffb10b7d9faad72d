"""Runs Sluice and other engines in turn on the same files and writes a table of ratios; see options.py."""

import sys

import comparison
from errors import CompareError

if __name__ == "__main__":
    try:
        sys.exit(comparison.main(sys.argv[1:]))
    except CompareError as error:
        sys.exit("compare: %s" % error)
    except KeyboardInterrupt:
        sys.exit("compare: interrupted; what was measured so far has been written")
