"""Who may import whom, what pure modules may touch, and how long a module may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module

from tests.pure import PACKAGE, pure_modules

BASE = (
    "model",
    "views",
    "setting",
    "settings",
    "network",
    "lists",
    "errors",
    "text",
    "times",
    "urls",
    "hosts",
    "html",
    "__init__",
)
EDGE_BASE = ("files", "memory", "logs", "pipe", "child")  # outward, but everybody's
PACKAGES = {
    "base": (),
    "files": (),
    "memory": (),
    "logs": (),
    "pipe": (),
    "child": (),
    "parsing": (),
    "fetching": ("parsing",),
    "stories": (),
    "topics": (),
    "semantics": (),
    "config": ("topics", "publishing"),
    "storage": (),
    "ingest": ("stories", "topics", "semantics", "storage"),
    "polling": ("parsing", "fetching", "storage", "ingest"),
    "cluster": ("fetching", "storage", "polling"),
    "publishing": ("parsing", "fetching", "stories", "topics", "storage"),
    "evaluate": ("stories", "topics", "storage", "ingest"),
    "serving": ("config", "parsing", "fetching", "stories", "topics", "semantics", "storage",
                "ingest", "polling", "publishing"),
    "mcp": ("storage", "publishing"),
    "demo": ("config", "storage", "ingest", "polling", "publishing", "serving"),
    "cli": ("config", "parsing", "stories", "topics", "storage", "ingest", "polling", "publishing",
            "evaluate", "serving", "mcp", "demo", "cluster"),
    "__main__": ("cli",),
}  # fmt: skip
IMPURE = frozenset(
    {
        *("asyncio", "concurrent", "multiprocessing", "subprocess", "threading"),
        *(
            "aiohappyeyeballs",
            "aiosmtplib",
            "http",
            "httptools",
            "socket",
            "ssl",
            "starlette",
            "urllib.request",
            "uvicorn",
        ),
        *("apscheduler", "time", "random", "secrets"),
        *("logging", "sqlite3", "sqlite_utils", "tempfile"),
    }
)
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today")}
ONE_PLACE = {
    "aiohappyeyeballs": ("fetching/transport.py",),
    "aiosmtplib": ("publishing/smtp.py",),
    "apscheduler": ("serving/daemon.py",),
    "distributed": ("cluster/scheduler.py",),
    "feedgen": ("publishing/render_xml.py",),
    "feedparser": ("parsing/feedparsing.py",),
    "httptools": ("fetching/connection.py",),
    "jinja2": ("publishing/pages.py", "publishing/messages.py"),
    "lxml": ("publishing/render_xml.py",),
    "markupsafe": ("publishing/pages.py",),
    "nh3": ("html.py",),
    "numpy": ("semantics/cross_encoder.py",),
    "onnxruntime": ("semantics/cross_encoder.py",),
    "sqlite_utils": ("storage/store.py", "storage/migrations/"),
    "mcp": ("mcp/server.py",),
    "pydantic": ("mcp/server.py",),
    "uvicorn": ("serving/listener.py",),
    "yaml": ("config/document.py",),
    "click": ("cli/",),
    "starlette": ("serving/",),
    "prometheus_client": ("serving/",),
    "rapidfuzz": ("stories/",),
    "publicsuffixlist": ("urls.py",),
}
MOST_LINES = 400

MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


@cache
def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def nodes(module: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(module)))


def package_of(module: str) -> str:
    name = module.split("/", maxsplit=1)[0].removesuffix(".py")
    return "base" if name in BASE else name


@cache
def imports(module: str) -> tuple[str, ...]:
    """Dotted names of what a module imports when it runs; imports for types alone are left out."""
    skipped = {
        inner
        for node in nodes(module)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in node.body
    }
    return tuple(_named(node for node in nodes(module) if node not in skipped))


def _named(statements: Iterable[ast.AST]) -> Iterator[str]:
    for node in statements:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif node.module == "aggregator":
                yield from (f"aggregator.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def test_imports_point_up_the_table_only() -> None:
    offenders = [
        f"{module} imports {name}"
        for module in MODULES
        for name in imports(module)
        if name.startswith("aggregator.") and not _may_import(module, name)
    ]

    assert offenders == []


def _may_import(module: str, name: str) -> bool:
    own, (_, part, *_) = package_of(module), name.split(".")
    return part == "__version__" or package_of(part) in {own, "base", *EDGE_BASE, *PACKAGES[own]}


def test_pure_modules_touch_nothing() -> None:
    offenders = [f"{module} {what}" for module in pure_modules() for what in _impurities(module)]
    offenders += [
        f"{module} imports {name}"
        for module in pure_modules()
        for name in imports(module)
        if {name, name.split(".")[0]} & IMPURE or name.startswith("aggregator.storage")
    ]

    assert offenders == []


def _impurities(module: str) -> Iterator[str]:
    for node in nodes(module):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)):
                if (owner, name) in CLOCKS:
                    yield "reads a clock"
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as name)):
                yield f"calls {name}"


def test_each_library_is_known_by_its_own_module_alone() -> None:
    offenders = [
        f"{module} imports {name}"
        for module in MODULES
        for name in imports(module)
        if not module.startswith(ONE_PLACE.get(name.split(".")[0], ("",)))
    ]

    assert offenders == []


def test_modules_stay_short() -> None:
    lines = {
        module: len((PACKAGE / module).read_text(encoding="utf-8").splitlines())
        for module in MODULES
    }

    assert {module: count for module, count in lines.items() if count > MOST_LINES} == {}


def test_modules_and_what_they_offer_say_what_they_are() -> None:
    offenders = [module for module in MODULES if not ast.get_docstring(tree(module))]
    offenders += [
        f"{module}: {node.name}"
        for module in MODULES
        for node in tree(module).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]

    assert offenders == []


def test_what_the_table_of_packages_calls_pure_says_so() -> None:
    pure = pure_modules()

    assert {f"{name}.py" for name in BASE if name != "__init__"} <= set(pure)
    for name in ("parsing/", "stories/", "topics/"):
        assert {module for module in MODULES if module.startswith(name)} <= set(pure)


def test_what_answers_visitors_asks_nobody() -> None:
    """No request of a visitor can become one of ours."""
    answering: tuple[str, ...] = ("publishing/pages.py", "publishing/build.py", "publishing/render")
    serving = (
        "web",
        "live",
        "reader_thread",
        "response_cache",
        "middleware",
        "conditional",
        "listener",
    )
    answering += tuple(f"serving/{name}.py" for name in serving)
    own = ("aggregator.polling", "aggregator.fetching")
    outward = (*own, "urllib.request", "http.client")

    for module in MODULES:
        if module.startswith(answering):
            assert not any(name.startswith(outward) for name in imports(module)), module


def test_what_must_not_be_guessed_is_drawn_by_the_system() -> None:
    drawing = {
        module: set(imports(module)) & {"random", "uuid", "secrets"}
        for module in MODULES
        if set(imports(module)) & {"random", "uuid", "secrets"}
    }

    # callbacks and secrets of subscriptions, and the authority of entry ids
    assert drawing == {"publishing/rows.py": {"secrets"}, "serving/websub.py": {"secrets"}}


def test_every_exception_is_caught_in_four_places_only() -> None:
    """In the poller and its child, around the parsers, around one item or story, in the CLI."""
    found = {
        module
        for module in MODULES
        for node in nodes(module)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in node.body)
    }

    assert {
        name
        for name in found
        if not name.startswith(
            (
                *("polling/", "parsing/feedxml.py", "cli/root.py"),
                *("ingest/assign.py", "ingest/stored_stories.py"),
            )
        )
    } == set()


def test_migrations_stand_on_nothing_that_changes() -> None:
    """A released one does tomorrow what it did to the databases of yesterday."""
    modules = [module for module in MODULES if module.startswith("storage/migrations/")]

    assert modules == ["storage/migrations/__init__.py"]  # which runs files of SQL


def test_nothing_is_imported_from_the_command_line() -> None:
    for module in MODULES:
        if not module.startswith(("cli/", "__main__")):
            assert not any(name.startswith("aggregator.cli") for name in imports(module)), module


def test_a_command_loads_what_it_needs_when_it_runs() -> None:
    """`--help` loads all of them, and should come at once."""
    later = ("cli/reasons.py",)  # by commands, when they run
    at_once = ("__version__", "cli", "errors", "text", "times")

    for module in MODULES:
        if module.startswith("cli/") and module not in later:
            for name in _named(tree(module).body):
                assert name != "asyncio", module
                assert not name.startswith("aggregator.") or name.split(".")[1] in at_once, module


def test_what_the_page_of_the_architecture_names_is_there() -> None:
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text(encoding="utf-8")
    tables = page[page.index("## The interface of each package") :]
    names = re.findall(r"`([a-z_]+(?:\.[a-z_]+)*\.(?!py|yaml)[A-Za-z_]+)`", tables)
    paths = re.findall(r"`([a-z_]+(?:/[a-z_]+)*/(?:[a-z_]+\.[a-z]+)?)`", tables)

    assert len(names) > 25
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(f"aggregator.{module}"), attribute), name
    for path in paths:
        assert (PACKAGE / path).exists() or (PACKAGE.parent / path).exists(), path
