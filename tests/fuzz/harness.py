"""Coverage-guided fuzzing of the compiler: read, parse, check, expand and format, in one process, with atheris.

`python tests/fuzz/harness.py [FILE…] --seconds N` runs for N seconds, or tries the files; it ends with 77 at the first
input that breaks a promise, and writes it to `crash-…` beside the corpus. The corpus is kept between runs in
$ERISC_HOME (or the cache); its seeds are our own specs: examples, library, fixtures, the pages' examples.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["erisc.compiler", "erisc.reference"], enable_loader_override=False):
    # The command imports them when it needs them; instrumented they are only if they are imported here.
    from erisc.base.home import cache_home
    from erisc.compiler import formatting, pipeline, render  # noqa: F401
    from erisc.compiler.tables import load_tables

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.formatter.test_fuzz import sound as formatted  # noqa: E402
from tests.fuzz.test_fuzz import linted  # noqa: E402

MEMORY_MIB = 768
LONGEST = 4096
SECONDS_FOR_ONE = 10


def once(data: bytes) -> None:
    """Everything that is promised of any input."""
    linted(data)
    text = data.decode("utf-8", "ignore")
    if "\0" not in text:
        formatted(text)


def seeds() -> list[str]:
    """Texts to begin with."""
    files = [*ROOT.glob("examples/**/*.eris"), *ROOT.glob("stdlib/**/*.eris"), *ROOT.glob("tests/**/*.eris")]
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    shown = [text for page in pages for text in re.findall(r"```eris\n(.*?)```", page.read_text(), re.DOTALL)]
    return [path.read_text() for path in files] + shown


def plant(folder: Path) -> Path:
    """The corpus and the dictionary, made where they lack. Returns the dictionary."""
    (folder / "corpus").mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(seeds()):
        (folder / "corpus" / f"seed-{number}").write_text(text)
    tables = load_tables()
    words = [*tables.words, *tables.marks, *(f"1 {unit}" for unit in tables.units["units"]), "\\x0a", "// ", "p99("]
    dictionary = folder / "words.dict"
    dictionary.write_text("".join(f'"{word}"\n' for word in words))
    return dictionary


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    parser = argparse.ArgumentParser(description="fuzz the compiler")
    parser.add_argument("files", nargs="*", help="inputs to try instead")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", default=os.path.join(cache_home(), "fuzz"), help="a folder that is kept")
    arguments = parser.parse_args()
    for file in arguments.files:
        once(Path(file).read_bytes())
    if arguments.files:
        sys.exit(0)
    folder = Path(arguments.corpus)
    options = {
        "dict": plant(folder),
        "max_total_time": arguments.seconds,
        "max_len": LONGEST,
        "timeout": SECONDS_FOR_ONE,
        "rss_limit_mb": MEMORY_MIB,
        "artifact_prefix": f"{folder}/",
        "print_final_stats": 1,
        "verbosity": 1,
    }
    atheris.Setup([sys.argv[0], str(folder / "corpus"), *(f"-{name}={value}" for name, value in options.items())], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
