"""Published files against validators: HTML pages, Atom, RSS, JSON Feed, OPML.

    npm install --prefix /tmp/validators html-validate vnu-jar jsonfeed-schema ajv ajv-formats
    aggregator demo --output /tmp/demo
    python -m bench.validators /tmp/demo --tools /tmp/validators/node_modules
    python -m bench.validators --documents FOLDER --hostile --tools ...

`--documents` serves every feed document of a folder over loopback, fetches them and publishes
what is in them, all on topic; `--hostile` does the same with the documents and servers that the
tests keep. The rules of feed validators are our own (tests/validity); nothing of the others is
installed with the project. Prints what each finds and ends with 1 when any finds anything.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.commands import Home
from tests.hostile.arena import BASE_URL, fight
from tests.hostile.corpus.server import running as hostile_server
from tests.hostile.test_feeds import CASES, MANY, run_of
from tests.servers import running, serve_documents
from tests.validity import problems

_SCHEMA = """
const Ajv = require('ajv').default, formats = require('ajv-formats').default;
const ajv = new Ajv({allErrors: true, strict: false}); formats(ajv);
const check = ajv.compile(require('jsonfeed-schema/schema-v1.1.json'));
let bad = 0;
for (const name of process.argv.slice(1)) {
  if (!check(JSON.parse(require('fs').readFileSync(name)))) {
    bad = 1; console.log(name, check.errors);
  }
}
process.exit(bad);
"""
_AT_ONCE = 500  # files in one call: an argument list has an end


def main() -> int:
    """Runs all validators over all folders and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*", help="published files")
    parser.add_argument("--base-url", help="the site.base_url that they were published with")
    parser.add_argument("--documents", type=Path, help="a folder of feed documents")
    parser.add_argument("--hostile", action="store_true", help="the tests' own hostile documents")
    parser.add_argument("--tools", type=Path, required=True, help="node_modules with the tools")
    given = parser.parse_args()
    clean = all([check(folder, given.base_url, given.tools) for folder in given.folders])
    with tempfile.TemporaryDirectory() as folder:
        if given.documents:
            published = publish_documents(given.documents, Path(folder))
            clean &= check(published, BASE_URL, given.tools)
        if given.hostile:
            for published in publish_hostile(Path(folder)):
                clean &= check(published, BASE_URL, given.tools)
    return 0 if clean else 1


def check(folder: Path, base_url: str | None, tools: Path) -> bool:
    """Whether no validator finds anything in a folder."""
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    pages = [str(folder / name) for name in files if name.endswith(".html")]
    feeds = [str(folder / name) for name in files if name.endswith(".json")]
    jar = next(tools.rglob("vnu.jar"))
    print(f"{folder}: {len(files)} files, {len(pages)} pages")
    found = problems(files, base_url=base_url)
    print("feeds and links:", "\n".join(found) or "clean")
    # A page in one language of headlines in another is what a topic page often is.
    guessed = "This document appears to be written in .*"
    vnu = ["java", "-Xss4m", "-jar", str(jar), "--Werror", "--filterpattern", guessed]
    return all(
        [
            not found,
            passes("vnu", vnu, pages, tools),
            passes("html-validate", [str(tools / ".bin" / "html-validate")], pages, tools),
            passes("jsonfeed-schema", ["node", "-e", _SCHEMA], feeds, tools),
        ]
    )


def passes(name: str, command: list[str], files: Sequence[str], tools: Path) -> bool:
    """Runs one tool beside its modules and shows what it says."""
    said = ""
    for start in range(0, len(files), _AT_ONCE):
        part = [*command, *files[start : start + _AT_ONCE]]
        done = subprocess.run(part, capture_output=True, text=True, cwd=tools.parent, check=False)
        said += (done.stdout + done.stderr).strip() if done.returncode else ""
    print(f"{name}: {said or 'clean'}")
    return not said


def publish_documents(folder: Path, workplace: Path) -> Path:
    """Everything that a folder of feed documents tells, published."""
    home = Home(workplace / "documents")
    home.path.mkdir()
    with running() as web:
        urls = serve_documents(web, folder)
        feeds = "".join(f"  - {{url: '{url}', name: Feed {n}, on_topic: true}}\n"
                        for n, url in enumerate(urls.values(), 1))  # fmt: skip
        home.configure(
            f"site: {{contact: 'mailto:test@example.org', base_url: '{BASE_URL}'}}\n"
            "fetch: {allow_private_networks: true, host_gap: 0s, per_host: 8}\n"
            f"publish: {{entries: 10000, hub: 'https://hub.example.org/'}}\nfeeds:\n{feeds}"
        )
        done = home.run("fetch", timeout_s=600)
    print(done.out + done.err)
    return home.path / "public"


def publish_hostile(workplace: Path) -> Iterator[Path]:
    """What is published after the hostile documents and servers, run by run.

    Floods are left out: thousands of pages that differ in a number take a quarter of an hour.
    """
    with hostile_server(cap_seconds=10, cap_mb=32) as corpus:
        for name in sorted({run_of(case) for case in CASES} - set(MANY)):
            corpus.reset()
            cases = [case for case in CASES if run_of(case) == name]
            asyncio.run(fight(corpus, cases, workplace / name, whole=False))
            yield workplace / name / "public"


if __name__ == "__main__":
    sys.exit(main())
