"""The run: who is compared on what, turn by turn."""

import datetime
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import machine
import options as command_line
import report
from errors import CompareError, Unavailable
from models import DefaultModels
from engines import LlamaCpp
from peers import Peers
from prompts import SHORT, LongPrompt
from results import Results
from workloads import Batch, Start, Throughput

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Settings:
    """What every engine's runs have in common."""

    threads: int
    repetitions: int
    timeout: int
    run_with: list


def say(text):
    print(text, file=sys.stderr, flush=True)


def main(arguments):
    options = command_line.parse(arguments)
    cache = cache_folder()
    settings = Settings(
        options.threads or machine.usable_processors(), options.repetitions, options.timeout, options.run_with
    )
    peers = Peers(ROOT, cache, options, settings, say)
    peers.gather()
    llama = next((e for e in peers.engines if type(e) is LlamaCpp), None)
    files = [file.resolve() for file in options.model]
    if options.default_models:
        files += DefaultModels(ROOT, cache, llama, say).files()
    output = options.output or ROOT / "target" / "compare" / datetime.datetime.now().strftime("%Y-%m-%dT%H%M%S")
    run = {
        "date": datetime.date.today().isoformat(),
        "machine": machine.describe(),
        "threads": settings.threads,
        "rounds": 0,
        "repetitions": settings.repetitions,
        "engines": [{"name": e.name, "version": e.version} for e in peers.engines],
        "absent": peers.absent,
        "files": {file.name: file.stat().st_size for file in files},
    }
    results = Results(options.reference)
    for number in range(1, options.rounds + 1):
        for file in files:
            for group in groups(options, file):
                turns(number, options.rounds, file, group, peers.engines, results)
                run["rounds"] = number
                write(output, run, results)
    print(report.to_markdown(run, results))
    say("written: %s.md and %s.json" % (output, output))
    return 0


def groups(options, file):
    """What is asked for. Starts come last: by then the file and the engines' caches are warm."""
    asked = []
    if options.prompt or options.generate:
        asked.append(Throughput(options.prompt, options.generate))
    asked += [Throughput(0, options.generate or 128, depth) for depth in options.depths]
    asked += [Batch(sequences, options.generate or 128) for sequences in options.batches]
    if options.start:
        asked += [Start("short prompt", SHORT), Start("500 tokens", LongPrompt.of(ROOT, file))]
    return asked


def turns(number, rounds, file, group, engines, results):
    """Each engine once, another one first in every round."""
    first = (number - 1) % len(engines)
    tests = group.tests()
    for engine in engines[first:] + engines[:first]:
        if any(results.cell(file.name, test, engine.name).failure for test in tests):
            continue
        try:
            if number == 1 and isinstance(group, Start):
                engine.measure(file, group)  # fills the caches
            figures, details = engine.measure(file, group)
        except Unavailable as failure:
            say("round %d/%d %s, %s: %s" % (number, rounds, file.name, engine.name, failure))
            results.fail(file.name, tests, engine.name, str(failure))
            continue
        for test in tests:
            results.add(number, file.name, test, engine.name, figures[test.label])
            if details.get(test.label):
                results.detail(file.name, test, engine.name, details[test.label])
            say("round %d/%d %s, %s: %s %.4g %s" % (number, rounds, file.name, engine.name, test.label, figures[test.label], test.unit))


def write(output, run, results):
    """After each group, so that a run that is broken off leaves what it has."""
    output.parent.mkdir(parents=True, exist_ok=True)
    for suffix, text in ((".md", report.to_markdown(run, results)), (".json", report.to_json(run, results))):
        part = output.with_name(output.name + suffix + ".part")
        part.write_text(text, encoding="utf-8")
        part.replace(output.with_name(output.name + suffix))


def cache_folder():
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"]) / "sluice"
    if os.environ.get("HOME"):
        return Path(os.environ["HOME"]) / ".cache" / "sluice"
    raise CompareError("neither HOME nor XDG_CACHE_HOME is set: set one to a folder that may be written")
