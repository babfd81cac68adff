"""Published files against the validators of others: HTML pages, JSON Feed, OPML, XML.

    npm install --prefix /tmp/validators html-validate vnu-jar jsonfeed-schema ajv ajv-formats
    aggregator demo --output /tmp/demo
    python bench/validators.py /tmp/demo --tools /tmp/validators/node_modules

For development only: nothing here is installed with the project. Prints what each tool finds
and ends with 1 when any finds anything.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

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


def main() -> int:
    """Runs all tools and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="published files")
    parser.add_argument("--tools", type=Path, required=True, help="node_modules with the tools")
    given = parser.parse_args()
    pages = sorted(map(str, given.folder.rglob("*.html")))
    feeds = sorted(map(str, given.folder.glob("*.json")))
    jar = next(given.tools.rglob("vnu.jar"))
    commands = {
        "vnu": ["java", "-jar", str(jar), "--Werror", *pages],
        "html-validate": [str(given.tools / ".bin" / "html-validate"), *pages],
        "jsonfeed-schema": ["node", "-e", _SCHEMA, *feeds],
    }
    failed = [name for name, command in commands.items() if not passes(name, command, given.tools)]
    for path in sorted([*given.folder.glob("*.atom"), *given.folder.glob("*.rss")]):
        ET.parse(path)
    print(f"{len(pages)} pages, {len(feeds)} JSON feeds; failed: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def passes(name: str, command: list[str], tools: Path) -> bool:
    """Runs one tool beside its modules and shows what it says."""
    done = subprocess.run(command, capture_output=True, text=True, cwd=tools.parent, check=False)
    said = (done.stdout + done.stderr).strip()
    print(f"{name}: {'clean' if done.returncode == 0 else said}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
