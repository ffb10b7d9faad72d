"""Source archives from PyPI, or the index that pip is told of, without needing pip."""

import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

from errors import Unavailable


def newest(links, project):
    """Of a simple index's links (PEP 503): (version, address, SHA-256) of the archive with the highest version."""
    archives = []
    for link in links:
        address, _, fragment = html.unescape(link).partition("#")
        name = urllib.parse.unquote(address.rsplit("/", 1)[-1])
        found = re.fullmatch(project.replace("-", "[-_.]") + r"-([0-9.]+)\.tar\.gz", name)
        sum_ = re.search(r"sha256=([0-9a-f]{64})", fragment)
        if found and sum_:
            archives.append((found.group(1), address, sum_.group(1)))
    if not archives:
        raise Unavailable("the index lists no source archive of %s" % project)
    return max(archives, key=lambda a: [int(n) for n in a[0].split(".") if n])


def source_archive(project, folder, say):
    """Downloads the newest source archive: (version, file)."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")
    page = "%s/%s/" % (index, project)
    try:
        text = urllib.request.urlopen(page, timeout=60).read().decode()
        version, address, expected = newest(re.findall(r'href="([^"]+)"', text), project)
        file = folder / ("%s-%s.tar.gz" % (project, version))
        if not (file.is_file() and sha256(file) == expected):
            say("fetching %s %s" % (project, version))
            download(urllib.parse.urljoin(page, address), file, expected)
        return version, file
    except (OSError, urllib.error.URLError) as error:
        say("%s: %s; trying pip" % (page, error))
        return by_pip(project, folder)


def by_pip(project, folder):
    """pip knows mirrors, proxies and credentials that urllib does not."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "-d", str(folder), project]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.tar.gz"), key=lambda f: f.stat().st_mtime)
    if done.returncode != 0 or not found:
        raise Unavailable("%s could not be downloaded: %s" % (project, (done.stderr.strip().splitlines() or ["?"])[-1]))
    return re.sub(r"^.*-([0-9.]+)\.tar\.gz$", r"\1", found[-1].name), found[-1]


def download(address, file, expected):
    part = file.with_name(file.name + ".part")
    with urllib.request.urlopen(address, timeout=60) as answer, open(part, "wb") as out:
        shutil.copyfileobj(answer, out)
    actual = sha256(part)
    if actual != expected:
        part.unlink()
        raise Unavailable("%s has SHA-256 %s, not %s: it was discarded" % (file.name, actual, expected))
    part.replace(file)


def sha256(file):
    digest = hashlib.sha256()
    with open(file, "rb") as data:
        for chunk in iter(lambda: data.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()
