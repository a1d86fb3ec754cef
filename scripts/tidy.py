#!/usr/bin/env python3
"""clang-tidy over many files, remembering those that it found nothing in.

usage: tidy.py BUILD_DIR FILE...

A file is looked at again when it, a header of ours that it includes (directly or not), a message definition, .clang-tidy or the tool's version has
changed since. Exit code 1 if anything was found; what was found goes to standard output.
"""
import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys

TOOL = "clang-tidy-14"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
NOISE = re.compile(r"^(\d+ warnings? generated|\d+ warnings treated as errors|Suppressed |Use -header-filter)")
LIMIT_S = 600   # of one file


class Closure:
    """What a file is made of, as far as it is ours."""

    def __init__(self):
        self.text = {}

    def read(self, path):
        if path not in self.text:
            self.text[path] = path.read_bytes()
        return self.text[path]

    @staticmethod
    def ours(name, here):
        if name.endswith(".pb.h"):   # generated; what it says stands in the message definition
            definition = re.sub(r"(\.grpc)?\.pb\.h$", ".proto", pathlib.Path(name).name)
            return list(pathlib.Path("src").rglob(definition))
        for base in (pathlib.Path("src"), pathlib.Path("."), here.parent):
            if (base / name).is_file():
                return [base / name]
        return []

    def of(self, path):
        found, waiting = {path}, [path]
        while waiting:
            here = waiting.pop()
            for name in INCLUDE.findall(self.read(here)):
                for header in self.ours(os.fsdecode(name), here):
                    if header not in found:
                        found.add(header)
                        waiting.append(header)
        return sorted(found)


def main():
    build, files = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    common = hashlib.sha256(subprocess.run([TOOL, "--version"], check=True, capture_output=True).stdout)
    common.update(pathlib.Path(".clang-tidy").read_bytes())
    closure, stamps = Closure(), pathlib.Path("build/tidy")
    stamps.mkdir(parents=True, exist_ok=True)

    def stamp_of(path):
        key = common.copy()
        for part in closure.of(path):
            key.update(b"%s\0%d\0" % (os.fsencode(part), len(closure.read(part))))
            key.update(closure.read(part))
        return stamps / key.hexdigest()

    def look(path, stamp):
        command = [TOOL, "-p", build, "--quiet", str(path)]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            return f"{path}: clang-tidy did not end within {LIMIT_S} s\n"
        if done.returncode == 0:
            stamp.touch()
            return ""
        lines = [line for line in done.stdout.splitlines(keepends=True) if not NOISE.match(line)]
        return "".join(lines) or f"{path}: clang-tidy ended with {done.returncode}\n"

    wanted = [(path, stamp) for path in files if not (stamp := stamp_of(path)).exists()]
    print(f"clang-tidy: {len(wanted)} of {len(files)} files have changed since they were last found clean", flush=True)
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for text in pool.map(lambda item: look(*item), wanted):
            if text:
                bad += 1
                print(text, end="", flush=True)
    if bad:
        print(f"clang-tidy: something was found in {bad} of {len(wanted)} files")
    return 1 if bad else 0


sys.exit(main())
