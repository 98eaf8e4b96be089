"""What a replay costs beside the libraries' training, on real candles: speed, overhead with trees, and peak memory.

    python bench/replay_overhead/measure.py build/release/clm build/release/liblibrary_clock.so DIRECTORY
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

DEMANDED_RATE = 200_000  # symbol-bars a second of CPU time, without training
DEMANDED_SHARE = 0.05  # of the whole, with trees
START = "2022-01-01"


class Workspace:
    def __init__(self, program, directory, candles):
        self.program, self.directory = program, directory
        self.clock_file = str(pathlib.Path(directory) / "library_clock")
        self.run(["init"])
        self.run(["import", candles])
        self.symbols = len(self.run(["data", "--json"])["series"])

    def command(self, arguments):
        return [self.program, *arguments, "--workspace", self.directory, "--jobs", "1"]

    def run(self, arguments):
        done = subprocess.run(self.command(arguments), check=True, capture_output=True, text=True)
        return json.loads(done.stdout) if "--json" in arguments else None

    def replay(self, to, policy, models, clock=None, settings=None):
        """The report, CPU seconds, peak MB, and the seconds that the libraries trained."""
        arguments = ["replay", "--from", START, "--to", to, "--policy", policy, "--restart", "--json"]
        environment = os.environ | {"CLM_TRAINING_MODELS": models, "CLM_ENSEMBLE_MODE": "off"} | (settings or {})
        if clock:
            environment |= {"LD_PRELOAD": str(pathlib.Path(clock).resolve()), "LIBRARY_CLOCK_FILE": self.clock_file}
        with tempfile.TemporaryFile("w+") as out:
            process = subprocess.Popen(self.command(arguments), stdout=out, stderr=subprocess.DEVNULL, env=environment)
            _, status, usage = os.wait4(process.pid, 0)
            if status != 0:
                sys.exit(f"replay of {policy} with {models} ended with {os.waitstatus_to_exitcode(status)}")
            out.seek(0)
            report = json.load(out)
        training = float(pathlib.Path(self.clock_file).read_text()) if clock else 0.0
        return report, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, training


def speed(place):
    """One training, then bars alone: what a longer span costs more, everything included."""
    for models in ("ridge", "lightgbm"):
        short, short_cpu, _, _ = place.replay("2022-02-01", "static", models)
        long, long_cpu, _, _ = place.replay("2023-02-01", "static", models)
        rows = (long["bars"] - short["bars"]) * place.symbols
        seconds = long_cpu - short_cpu
        print(f"{models}: {rows:,} symbol-bars more cost {seconds:.2f} s: {rows / seconds:,.0f} a second; "
              f"demanded {DEMANDED_RATE:,}")


def overhead(place, clock):
    settings = {"CLM_TRIGGERS_RETRAIN_HOURS": "720", "CLM_TRIGGERS_NEW_BARS": "100000000"}
    report, cpu, _, training = place.replay("2022-03-01", "periodic", "lightgbm,xgboost", clock, settings)
    rest = cpu - training
    print(f"lightgbm,xgboost, {report['trainings']} trainings: {cpu:.1f} s, of which the libraries train {training:.1f} s; "
          f"all else {rest:.1f} s, {100 * rest / cpu:.1f} %; demanded {100 * DEMANDED_SHARE:.0f} %")


def memory(place):
    peaks = [(to, place.replay(to, "static", "ridge")[2]) for to in ("2023-01-01", "2024-01-01")]
    print("peak memory from " + START + " " + ", ".join(f"to {to}: {peak:.0f} MB" for to, peak in peaks) +
          "; demanded: independent of the span")


def main():
    program, clock, candles = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="clm-bench-") as directory:
        place = Workspace(program, str(pathlib.Path(directory) / "w"), candles)
        speed(place)
        overhead(place, clock)
        memory(place)


if __name__ == "__main__":
    main()
