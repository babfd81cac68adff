# syntax=docker/dockerfile:1
# A small image that runs as nobody in particular, with a read-only root file system. A new volume
# at /var/lib/aggregator is filled from the image: it publishes at once. See docs/operations.md.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE feeds.yaml ./
COPY aggregator ./aggregator
RUN python -m venv /opt/aggregator \
    && /opt/aggregator/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/aggregator --create-home aggregator
COPY --from=build /opt/aggregator /opt/aggregator
ENV PATH=/opt/aggregator/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AGGREGATOR_CONFIG=/var/lib/aggregator/feeds.yaml \
    AGGREGATOR_DB=/var/lib/aggregator/aggregator.db
USER 10001:10001
WORKDIR /var/lib/aggregator
RUN aggregator init
VOLUME ["/var/lib/aggregator"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=8)"]
ENTRYPOINT ["aggregator"]
CMD ["daemon", "--host", "0.0.0.0", "--port", "8080"]
