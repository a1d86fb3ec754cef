#!/usr/bin/env python3
"""The grid of `partway compare`: slow and slower devices, rates and traces, an edge that is idle or serves another device too.

usage: compare_grid.py PROGRAM OUT_DIR [--frames N] [--rounds N] [--slowdowns 8,16] [--links RATES] [--traces NAMES] [--other-fps F]

Writes OUT_DIR/slowdown-X-idle.json, ...-loaded.json as `partway compare --json` gives them, and OUT_DIR/grid.md, the table of docs/study-compare.md.
The programs run one after the other; nothing else should be running on the machine.
"""
import argparse
import json
import pathlib
import subprocess
import sys

MODEL = "efficientnet_lite0"


def start_server(program, cache):
    server = subprocess.Popen([program, "serve", MODEL, "--listen", "127.0.0.1:0", "--drain", "500ms", "--cache", str(cache)],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    first = server.stdout.readline().strip()
    ready = "listening on "
    if not first.startswith(ready):
        sys.exit(f"the edge server said '{first}'")
    return server, first[len(ready):]


def start_other_device(program, address, source, fps):
    return subprocess.Popen([program, "run", MODEL, "--edge", address, "--source", source, "--cut", "0", "--codec", "jpeg:75",
                             "--fps", str(fps), "--duration", "3600s", "--quiet"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def compare(args, slowdown, loaded, out):
    server, address = start_server(args.program, out / "edge-cache")
    other = start_other_device(args.program, address, args.source, args.other_fps) if loaded else None
    try:
        command = [args.program, "compare", MODEL, "--source", args.source, "--edge", address, "--slowdown", str(slowdown),
                   "--rate", args.links, "--trace", args.traces, "--delay", "5ms", "--max-latency", "100ms", "--min-accuracy", "0.852",
                   "--frames", str(args.frames), "--rounds", str(args.rounds), "--json", "--quiet"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 3):
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
        name = f"slowdown-{slowdown}-{'loaded' if loaded else 'idle'}"
        (out / f"{name}.json").write_text(done.stdout)
        return json.loads(done.stdout)
    finally:
        if other:
            stop(other)
        stop(server)


def rows(result):
    for link, ratio in zip(result["links"], result["against_better_of_local_and_jpeg"]["ratio"]):
        fps = {p["policy"]: p for p in link["policies"]}
        cells = []
        for name in ("adaptive", "all-local", "jpeg"):
            p = fps[name]
            top1 = "" if p["top1_accuracy"] is None or p["within"] < 20 else f" ({100 * p['top1_accuracy']:.0f} %)"
            error = p["within_ci95_fps"]
            cells.append(f"{p['within_fps']:.1f}" + (f" ± {error:.1f}" if error is not None else "") + top1)
        yield f"| {link['link'].replace(' (relay on this machine)', '')} | " + " | ".join(cells) + f" | {'-' if ratio is None else f'{ratio:.2f}'} |"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--source", default="assets/photos")
    parser.add_argument("--frames", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--slowdowns", default="8,16")
    parser.add_argument("--links", default="0.3Mbps,1Mbps,1.5Mbps,2Mbps,3Mbps,10Mbps,50Mbps")
    parser.add_argument("--traces", default="lte-walk,5g-drive,busy-wifi")
    parser.add_argument("--other-fps", type=float, default=30)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    text = []
    for slowdown in args.slowdowns.split(","):
        for loaded in (False, True):
            result = compare(args, slowdown, loaded, args.out)
            edge = f"an edge that another device sends {args.other_fps:g} JPEGs a second" if loaded else "an idle edge"
            text.append(f"\n### {slowdown} times slower, {edge}\n\n| link | ours | all-local | JPEG | ours / better |\n|---|---|---|---|---|")
            text.extend(rows(result))
            (args.out / "grid.md").write_text("\n".join(text) + "\n")
            print(f"slowdown {slowdown}, {'loaded' if loaded else 'idle'}: worst {result['against_better_of_local_and_jpeg']['worst']}", flush=True)


main()
