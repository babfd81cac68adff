"""The corpus of hostile configurations, where it is at hand: each ends as it says."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from aggregator.config import parse
from aggregator.errors import ConfigError

CORPUS = Path(__file__).parents[3] / "shared" / "hostile" / "make_hostile.py"
LOADED = {"yaml-url-file", "yaml-url-path"}  # local files are allowed here; the fetch refuses them


def corpus() -> ModuleType | None:
    if not CORPUS.exists():
        return None
    spec = importlib.util.spec_from_file_location("make_hostile", CORPUS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_hostile"] = module
    spec.loader.exec_module(module)
    return module


MODULE = corpus()
CASES = [] if MODULE is None else [case for case in MODULE.CASES if case.kind == "config"]


@pytest.mark.skipif(MODULE is None, reason="the hostile corpus is not beside this checkout")
def test_the_corpus_holds_configurations() -> None:
    assert len(CASES) > 50


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.id))
def test_a_hostile_configuration_ends_as_the_corpus_says(case: SimpleNamespace) -> None:
    base = SimpleNamespace(base="http://127.0.0.1:9", canary="http://127.0.0.1:10")
    data = case.make(base) if callable(case.make) else case.make
    data = data.replace(b"@BASE@", b"http://127.0.0.1:9")

    try:
        config = parse(data, path=Path("/srv/feeds.yaml"), environ={})
    except ConfigError as error:
        assert case.outcome in ("error", "either")
        for problem in error.problems:
            assert str(problem).startswith("/srv/feeds.yaml:")
            assert str(problem).isprintable()
            assert len(str(problem)) < 1000
    else:
        assert case.outcome != "error" or case.id in LOADED
        assert case.outcome != "items" or len(config.feeds) == case.checks.get("feeds", 10_000)
        for feed in config.feeds:
            assert feed.name.isprintable()
            assert "s3cr3t-pass" not in feed.shown_url
