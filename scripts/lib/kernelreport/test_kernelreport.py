"""Tests of the arithmetic and of the readers of compilers' output: python3 -m unittest discover -s scripts/lib/kernelreport"""

import json
import struct
import tempfile
import unittest
from pathlib import Path

import amd
import intel
import nvidia
import report
import roofline
import targets
import variants
from errors import CompileError, ReportError
from figures import Figures
from occupancy import occupancy
from results import Result

UNITS = {t.name: t for t in targets.TARGETS}
VARIANT = variants.Variant("matvec", "Q4_K", Path("matvec-1.cl"), {}, 1000, 64, ("nvidia",), ("-x",))


class Readers(unittest.TestCase):
    def test_ptxas(self):
        said = (
            "    16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads\n"
            "ptxas info    : Used 40 registers, used 1 barriers, 256 bytes smem, 368 bytes cmem[0]\n"
        )
        self.assertEqual(Figures(40, 12, 1256, 16, 64), nvidia.figures(said, VARIANT))

    def test_the_listing_for_amd(self):
        listing = (
            "    .group_segment_fixed_size: 256\n    .private_segment_fixed_size: 20\n    .sgpr_spill_count: 0\n"
            "    .vgpr_count:     90\n    .vgpr_spill_count: 5\n"
        )
        self.assertEqual(Figures(90, 20, 1256, 20, 64), amd.figures(listing, VARIANT))

    def test_scalars_kept_in_vector_lanes_are_no_spill_to_memory(self):
        listing = "    .private_segment_fixed_size: 0\n    .sgpr_spill_count: 3\n    .vgpr_count:  8\n"
        self.assertEqual((0, "3 SGPR kept in vector lanes"), self.spill(amd.figures(listing, VARIANT)))

    @staticmethod
    def spill(figures):
        return figures.spilled, figures.detail

    def test_intels_description(self):
        info = (
            "    execution_env:\n      grf_count:       128\n      simd_size:       16\n      slm_size:        256\n"
            "    per_thread_memory_buffers:\n      - type:            scratch\n"
            "        usage:           single_space\n        size:            1024\n"
        )
        self.assertEqual(Figures(128, 0, 1256, 64, 64, 16), intel.figures(info, "Build succeeded.", VARIANT))
        said = "warning: kernel matvec compiled SIMD16 allocated 128 regs and spilled around 23\nBuild succeeded."
        self.assertEqual(23, intel.figures(info, said, VARIANT).spilled)

    def test_a_section_of_an_elf_file(self):
        names = b"\0.ze_info\0.shstrtab\0"
        sections = [(0, 0, 0), (1, 64, 4), (10, 68, len(names))]
        table = b"".join(struct.pack("<II8xQQQ24x", n, 1, 0, at, size) for n, at, size in sections)
        head = b"\x7fELF" + bytes(36) + struct.pack("<Q12xHH", 68 + len(names), 3, 2)
        self.assertEqual("info", intel.ze_info(head + b"info" + names + table))
        with self.assertRaises(CompileError):
            intel.ze_info(head + b"info" + names.replace(b"ze", b"xx") + table)


class Variants(unittest.TestCase):
    def entry(self, format_, split):
        macros = {"QUANT": '"quant/%s.cl"' % format_, "SPLIT": split, "LANES": "1"}
        return {"kernel": "k", "options": "-a -b", "file": format_ + ".cl", "local_arguments": 0, "macros": macros, "gpus": ["amd"]}

    def test_are_named_by_what_differs_and_know_the_size_of_their_groups(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("q8_0.cl", "f16.cl"):
                Path(folder, name).write_text("kernel __attribute__((reqd_work_group_size(16 / LANES, SPLIT, 1)))")
            index = {"columns": 32, "variants": [self.entry("q8_0", "4"), self.entry("f16", "4")]}
            Path(folder, "index.json").write_text(json.dumps(index))
            _, read = variants.read(Path(folder))
        self.assertEqual(("-a", "-b"), read[0].options)
        self.assertEqual([("Q8_0", 64), ("F16", 64)], [(v.label, v.items) for v in read])

    def test_without_an_index_are_a_message(self):
        with self.assertRaisesRegex(ReportError, "scripts/kernel-report"):
            variants.read(Path("/no/such/folder"))


class Occupancy(unittest.TestCase):
    def of(self, target, *arguments):
        return round(occupancy(UNITS[target].unit, *arguments), 3)

    def test_is_whole_with_few_registers(self):
        self.assertEqual(1.0, self.of("sm_90", 32, 0, 256))
        self.assertEqual(1.0, self.of("gfx90a", 64, 0, 256))
        self.assertEqual(1.0, self.of("gfx1100", 96, 0, 256))

    def test_is_bound_by_registers(self):
        self.assertEqual(0.25, self.of("sm_90", 128, 0, 256))
        self.assertEqual(0.25, self.of("gfx90a", 256, 0, 256))

    def test_is_bound_by_local_memory_and_by_groups(self):
        self.assertEqual(round(5 * 2 / 48, 3), self.of("sm_86", 32, 18000, 64))
        self.assertEqual(0.5, self.of("sm_75", 32, 0, 32))
        self.assertEqual(round(7 * 4 / 128, 3), self.of("dg2", 128, 18000, 64, 16))


class Reports(unittest.TestCase):
    RUN = {"compilers": {"nvidia": "ptxas 1"}, "options": "`-x`", "columns": 32, "variants": 1}

    def results(self):
        good = Result(VARIANT, UNITS["sm_75"], Figures(40, 0, 0, 0, 64), 0.5)
        spilled = Result(VARIANT, UNITS["sm_86"], Figures(255, 8, 0, 8, 64), 0.1)
        return [good, spilled, Result(VARIANT, UNITS["sm_90"], failure="no | such thing")]

    def test_what_fails_or_spills_is_bad(self):
        self.assertEqual([False, True, True], [r.bad() for r in self.results()])
        self.assertIn("1 do not compile, 1 spill registers", report.summary(self.results()))

    def test_tables_show_it(self):
        self.assertIn("**does not compile**: no / such thing", report.to_markdown(self.RUN, self.results()))
        self.assertIn("| 40 regs, 50 % | 255 regs, 10 %, **1 spill** | **1 fail** |", report.condensed(self.RUN, self.results()))
        self.assertEqual("no | such thing", json.loads(report.to_json(self.RUN, self.results()))["results"][2]["failure"])


class Roofline(unittest.TestCase):
    def test_a_model_of_eight_billion_has_as_many_weights(self):
        self.assertAlmostEqual(7.5e9, roofline.MODELS[1].weights(), delta=0.1e9)

    def test_what_does_not_fit_comes_over_the_bus(self):
        gpu, large = roofline.GPUS[0], roofline.MODELS[2]
        tokens, outside = roofline.decode(gpu, large, "Q4_K", 0, 0.9)
        self.assertTrue(0.4 < outside < 0.6)
        self.assertTrue(1 < tokens < 2)

    def test_a_gpu_without_matrix_units_has_no_figure_for_them(self):
        with_units, without = (roofline.prefill(roofline.GPUS[i], roofline.MODELS[0]) for i in (0, -1))
        self.assertGreater(with_units[1], with_units[0])
        self.assertIsNone(without[1])

    def test_more_threads_get_more_of_the_bandwidth(self):
        few, many = (roofline.bandwidth_share(roofline.GPUS[0], "Q4_K", o) for o in (0.05, 1.0))
        self.assertLess(few, many)
        self.assertEqual(roofline.MOST_OF_BANDWIDTH, many)


if __name__ == "__main__":
    unittest.main()
