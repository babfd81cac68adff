"""The web server: published files with their validators, and pages read from the database.

Feeds are served from the output folder, so that readers get what was published. Pages are rendered
on request from the same rows, with a search box. Nothing here writes, and no response repeats
any part of a request except the query in the search box.
"""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from msgspec import Struct
from msgspec.structs import fields
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from aggregator.errors import StoreError, UsageError
from aggregator.publishing import build, hub, pages
from aggregator.publishing.archive_patch import for_browsers
from aggregator.publishing.formats import content_type, is_written
from aggregator.publishing.render_text import safe_url
from aggregator.publishing.style import assets
from aggregator.serving import live
from aggregator.serving.listener import Listener
from aggregator.serving.metrics import CONTENT_TYPE, gauges
from aggregator.serving.middleware import ResponseSettings, guarded, is_loopback
from aggregator.serving.reader_thread import ReaderThread
from aggregator.serving.response_cache import ResponseCache, represent, respond, wants_page
from aggregator.serving.search_request import MOST_QUERY, SearchRequest
from aggregator.settings import Config
from aggregator.storage.store import Store

_STORY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DATED = re.compile(r"(.+)-(\d{4}-\d\d(?:-\d\d)?)", re.ASCII)  # topic, and month or day
_MESSAGES = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This address can only be read.",
    410: "This story was withdrawn. It is no longer part of any feed here.",
    503: "The database cannot be read just now. Try again in a minute.",
}

Health = Callable[[Store], str]
"""Why the service is not healthy, or ""; run on the reader thread."""
MetricsPage = Callable[[Store], bytes]
"""The body of `/metrics`; run on the reader thread."""


class _Web(Struct, frozen=True):
    """The endpoints, and what they make their responses of."""

    config: Callable[[], Config]
    reader: ReaderThread
    cache: ResponseCache
    health: Health | None
    metrics: MetricsPage | None

    async def front(self, request: Request) -> Response:
        return await self._page(request, "index.html", live.index)

    async def feeds(self, request: Request) -> Response:
        now = datetime.now(UTC)
        return await self._page(
            request, "feeds", lambda store, config: live.feeds(store, config, now), max_age_s=0
        )

    async def search(self, request: Request) -> Response:
        config, wanted = self.config(), _search_request(request)
        headers = {"Content-Type": content_type(".html"), **_cache(0)}
        try:
            among = wanted.among(datetime.now(UTC))
        except UsageError as error:
            return Response(live.search_refused(config, wanted, str(error)), 400, headers)
        body = await self.reader.run(lambda store: live.search(store, config, wanted, among))
        return Response(body, headers=headers)

    async def search_atom(self, request: Request) -> Response:
        """The feed of a search; its entity tag says whether it changed, no date does."""
        config, wanted, now = self.config(), _search_request(request), datetime.now(UTC)
        try:
            among = wanted.among(now)
        except UsageError as error:
            raise HTTPException(400) from error
        if not wanted.q:
            raise HTTPException(400)
        body = await self.reader.run(lambda store: live.search_atom(store, config, wanted, among))
        found = represent(body, media_type=content_type(".atom"), modified=now)
        return respond(request, found, _cache(int(config.publish.max_age.total_seconds())))

    async def file(self, request: Request) -> Response:
        """A topic's page or feed, a day's page where there is one, or the list of sources."""
        name = request.path_params["name"]
        config = self.config()
        if name == "index.html":
            return await self.front(request)
        stem, _, ending = name.rpartition(".")
        topic = live.topic_named(config, stem) if ending == "html" else None
        if topic is not None:
            return await self._page(
                request, name, lambda store, config: live.topic(store, config, topic)
            )
        found = self.cache.file(config.output / name) if _is_file(config, name) else None
        if found is None:
            raise HTTPException(404)
        dated = _DATED.fullmatch(stem)
        of_date = live.topic_named(config, dated[1]) if dated else None
        if dated and of_date:  # a day's page, or the archive of a month
            date = dated[2]
            if ending == "html":
                return await self._page(
                    request, name, lambda store, config: live.day(store, config, of_date, date)
                )
            if "html" in config.publish.formats and wants_page(request):
                body = for_browsers(found.body, page=f"{of_date.name}.html")
                found = self.cache.page(f"shown/{name}", body, now=found.modified)
        return respond(request, found, self._caching(name))

    async def story(self, request: Request) -> Response:
        """A story's page (`html`), or its feed (`atom`)."""
        uid, ending = request.path_params["uid"], request.url.path.rpartition(".")[2]
        if not _STORY.fullmatch(uid):
            raise HTTPException(404)
        config = self.config()
        found = await self.reader.cached(
            f"stories/{uid}.{ending}",
            lambda store: live.story(store, config, uid, as_feed=ending == "atom"),
            basis=config,
        )
        if found.moved_to is not None:
            return RedirectResponse(f"{found.moved_to}.{ending}", 301, headers=self._caching())
        if found.body is None:
            raise HTTPException(410 if found.is_gone else 404)
        representation = self.cache.page(request.url.path, found.body, now=datetime.now(UTC))
        name = f"stories/{uid}.atom" if ending == "atom" else ""
        return respond(request, representation, self._caching(name))

    async def healthz(self, request: Request) -> Response:
        """200 while the service is healthy, else 503 with the reason."""
        try:
            reason = await self.reader.run(self.health or _database_problem)
        except StoreError:
            reason = "the database cannot be read"
        state = {"status": "failing", "reason": reason} if reason else {"status": "ok"}
        return JSONResponse(state, 503 if reason else 200, headers={"Cache-Control": "no-store"})

    async def numbers(self, request: Request) -> Response:
        """Metrics, for this machine only unless `serve.metrics_public`."""
        allowed = self.config().serve.metrics_public or is_loopback(request.scope)
        if self.metrics is None or not allowed:
            raise HTTPException(404)
        body = await self.reader.run(self.metrics)
        return Response(body, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    async def _page(
        self,
        request: Request,
        name: str,
        make: Callable[[Store, Config], bytes],
        *,
        max_age_s: int | None = None,
    ) -> Response:
        config = self.config()
        headers = self._caching(name) if max_age_s is None else _cache(max_age_s)
        try:
            body = await self.reader.cached(name, lambda store: make(store, config), basis=config)
        except StoreError:
            published = self.cache.file(config.output / name) if "." in name else None
            if published is None:
                raise
            return respond(request, published, headers)
        representation = self.cache.page(name, body, now=datetime.now(UTC))
        return respond(request, representation, headers)

    async def refused(self, request: Request, error: Exception) -> Response:
        """The page of an HTTP error."""
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        headers = {**(error.headers or {}), "Cache-Control": "public, max-age=60"}
        return self._message(error.status_code, headers)

    async def unreadable(self, request: Request, error: Exception) -> Response:
        """The page for a database that cannot be read."""
        return self._message(503, {"Retry-After": "60", "Cache-Control": "no-store"})

    def _message(self, status: int, headers: dict[str, str]) -> Response:
        title = HTTPStatus(status).phrase
        text = _MESSAGES.get(status, "The request was refused.")
        body = pages.message_page(title, text, build.site(self.config(), live=True, rooted=True))
        return Response(body, status, {**headers, "Content-Type": content_type(".html")})

    def _caching(self, name: str = "") -> dict[str, str]:
        config = self.config()
        headers = _cache(int(config.publish.max_age.total_seconds()))
        links = []
        address = safe_url(config.hub)
        if address and any(name in hub.names_of(config, one.name) for one in config.enabled_topics):
            links.append(f'<{address}>; rel="hub"')
        if config.site.base_url and name:
            own = config.site.base_url + ("" if name == "index.html" else name)
            links.append(f'<{own}>; rel="self"')
        return {**headers, "Link": ", ".join(links)} if links else headers


def create_app(
    config: Config,
    *,
    current: Callable[[], Config] | None = None,
    health: Health | None = None,
    metrics: MetricsPage | None = None,
    routes: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The ASGI application; the end of its lifespan ends the reader thread.

    `current` returns the configuration in force where it can be reloaded; the database stays the
    same. `routes` take precedence over those of the application.
    """
    in_force = current or (lambda: config)
    web = _Web(
        config=in_force,
        reader=ReaderThread(config.database),
        cache=ResponseCache(),
        health=health,
        metrics=metrics,
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(web.reader.close)

    app = Starlette(
        routes=[
            *routes,
            Route("/", web.front),
            Route("/healthz", web.healthz),
            Route("/metrics", web.numbers),
            Route("/feeds", web.feeds),
            Route("/search", web.search),
            Route("/search.atom", web.search_atom),
            Route("/stories/{uid}.html", web.story),
            Route("/stories/{uid}.atom", web.story),
            Route("/{name}", web.file),
        ],
        exception_handlers={HTTPException: web.refused, StoreError: web.unreadable},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False

    def response_settings() -> ResponseSettings:
        now = in_force()
        prefix = unquote(urlsplit(now.site.base_url or "").path.rstrip("/"))
        policy = pages.content_security_policy(images=build.site(now).images)
        return ResponseSettings(prefix, now.serve.rate, now.publish.noindex, policy)

    return guarded(app, settings=response_settings)


def serve(
    config: Config,
    *,
    on_listening: Callable[[str], None],
    host: str | None = None,
    port: int | None = None,
) -> int:
    """Serves until SIGTERM or SIGINT and returns 0; calls `on_listening` with `host:port`.

    Raises UsageError for a taken address.
    """
    app = create_app(config, metrics=lambda store: gauges(store, datetime.now(UTC)))
    host = host or config.serve.host
    port = config.serve.port if port is None else port

    async def run() -> None:
        listener = Listener(app, host=host, port=port, per_peer=lambda: config.serve.per_peer)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        listener.start()
        on_listening(listener.address)
        await ended.wait()
        await listener.stop()

    asyncio.run(run())
    return 0


def _database_problem(store: Store) -> str:
    store.value("SELECT 1")  # raises StoreError
    return ""


def _search_request(request: Request) -> SearchRequest:
    given = {
        field.name: request.query_params.get(field.name, "").strip()[:MOST_QUERY]
        for field in fields(SearchRequest)
    }
    return SearchRequest(**given)


def _is_file(config: Config, name: str) -> bool:
    """Whether it is the name of a published file; nothing else of the folder is served."""
    if name in assets(config.publish.formats):
        return True
    if name == "feeds.opml":
        return "opml" in config.publish.formats
    return any(is_written(config.publish, topic.name, name) for topic in config.enabled_topics)


def _cache(max_age_s: int) -> dict[str, str]:
    return {"Cache-Control": f"public, max-age={max_age_s}" if max_age_s else "no-cache"}
