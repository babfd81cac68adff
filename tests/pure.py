"""The pure modules, which say so in their docstring: `python -m tests.pure` lists them.

A module is pure when its docstring, or that of its package, holds the sentence "Pure." or begins
one with "Pure:". Such a module has no input or output, no clock and no randomness of its own;
tests/unit/test_architecture.py checks that, and every line of it must be reached by a test.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "aggregator"
_SAYS_SO = re.compile(r"(?:^|\s)Pure[.:](?=\s|$)")


def pure_modules() -> tuple[str, ...]:
    """Their paths within the package, in order."""
    return tuple(
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        if _says_so(path) or _says_so(path.parent / "__init__.py")
    )


@cache
def _says_so(path: Path) -> bool:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return bool(_SAYS_SO.search(docstring or ""))


if __name__ == "__main__":
    print(",".join(f"aggregator/{module}" for module in pure_modules()))
