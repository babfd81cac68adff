"""The tools behind the Model Context Protocol's official SDK, over stdin and stdout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from aggregator import __version__
from aggregator.errors import AggregatorError
from aggregator.mcp import answers
from aggregator.settings import Config

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
Query = Annotated[str, Field(min_length=1, max_length=answers.MOST_QUERY, description="Words.")]
StoryId = Annotated[str, Field(max_length=64, description="An id from a list or a search.")]
Topic = Annotated[str | None, Field(max_length=64, description="A name of list_topics.")]
Days = Annotated[int, Field(ge=1, le=answers.MOST_DAYS, description="How far back.")]
Limit = Annotated[int, Field(ge=1, le=answers.MOST_STORIES, description="Most stories.")]


def run(config: Config, *, redact: Callable[[str], str], clock: Callable[[], datetime]) -> None:
    """Answers calls until stdin ends. `redact` takes the configuration's secrets out of texts."""
    build(config, redact=redact, clock=clock).run("stdio")


def build(
    config: Config, *, redact: Callable[[str], str], clock: Callable[[], datetime]
) -> MCPServer[Any]:
    """The server with its five tools."""
    server: MCPServer[Any] = MCPServer(
        "aggregator",
        version=__version__,
        instructions="News stories, each with its reports and why they were joined. "
        + answers.NOTICE,
        log_level="ERROR",
    )

    def answered(answer: Callable[..., dict[str, Any]], **values: Any) -> dict[str, Any]:
        try:
            found: dict[str, Any] = _redacted(answer(config, **values), redact)
        except AggregatorError as error:
            raise ToolError(redact(str(error))) from error
        return found

    @server.tool(annotations=_READS)
    def search_stories(query: Query, limit: Limit = 10) -> dict[str, Any]:
        """Finds stories by words that a headline or summary holds, the newest first."""
        return answered(answers.search_stories, query=query, limit=limit)

    @server.tool(annotations=_READS)
    def list_stories(topic: Topic = None, days: Days = 7, limit: Limit = 20) -> dict[str, Any]:
        """Lists the stories of a topic, or of all, that have a report of the last days."""
        return answered(answers.list_stories, topic=topic, days=days, limit=limit, now=clock())

    @server.tool(annotations=_READS)
    def get_story(story: StoryId) -> dict[str, Any]:
        """Shows one story: each report with its link and times, and why it belongs here."""
        return answered(answers.get_story, story=story)

    @server.tool(annotations=_READS)
    def list_topics() -> dict[str, Any]:
        """Lists the topics that stories are judged by."""
        return answered(answers.list_topics)

    @server.tool(annotations=_READS)
    def list_sources() -> dict[str, Any]:
        """Lists the feeds that are polled; addresses of private ones are withheld."""
        return answered(answers.list_sources)

    return server


def _redacted(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(one, redact) for key, one in value.items()}
    return [_redacted(one, redact) for one in value] if isinstance(value, list) else value
