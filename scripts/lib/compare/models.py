"""The files that --default-models stands for."""

import subprocess
from pathlib import Path

import process
from errors import CompareError

SMOLLM2 = "SmolLM2-135M-Instruct"


class DefaultModels:
    """Fetches, requantises and makes what is not in the user's cache yet."""

    def __init__(self, root, cache, llama, say):
        self.root = root
        self.folder = cache / "models"
        self.llama = llama
        self.say = say

    def files(self):
        q4_1 = self.script("fetch-model", "smollm2")
        q8_0 = self.quantized(q4_1, "Q8_0")
        requantised = [self.quantized(q8_0, "Q4_0"), self.quantized(q8_0, "Q4_K_M")] if q8_0 else []
        files = [q4_1, q8_0, *requantised, self.script("fetch-model", "gemma3")]
        files += [self.script("synthetic-model", name) for name in ("Q4_K", "Q6_K")]
        return [file for file in files if file]

    def script(self, name, argument):
        command = [str(self.root / "scripts" / name), argument]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            raise CompareError("%s failed" % process.show(command))
        return Path(done.stdout.strip())

    def quantized(self, source, name):
        """The same model in another format, or None where there is no llama-quantize."""
        file = self.folder / ("%s.%s.gguf" % (SMOLLM2, name))
        if file.is_file():
            return file
        quantize = self.llama.folder / "llama-quantize" if self.llama else None
        if quantize is None or not quantize.is_file():
            self.say("%s is left out: there is no llama-quantize to make it with" % file.name)
            return None
        part = file.with_name(file.name + ".part")
        command = [str(quantize), "--allow-requantize", str(source), str(part), name]
        process.run(command, self.llama.environment())
        part.replace(file)
        return file
