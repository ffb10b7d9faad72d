"""Compiles every kernel for GPUs that are not here and writes a table of what it takes; see options.py."""

import sys

import kernelreport
from errors import ReportError

if __name__ == "__main__":
    try:
        sys.exit(kernelreport.main(sys.argv[1:]))
    except ReportError as error:
        sys.exit("kernel-report: %s" % error)
    except KeyboardInterrupt:
        sys.exit("kernel-report: interrupted")
