# The service alone: PostgreSQL and Redis are given by URL. `compose.yaml` shows it with both.
ARG PYTHON_IMAGE=python:3.12-slim

FROM ${PYTHON_IMAGE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
RUN python -m venv .venv
COPY requirements.lock ./
RUN .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements.lock
COPY pyproject.toml README.md ./
COPY app app
COPY migrations migrations
# The command `ocop` without the build tools that an installed package would bring along.
RUN printf '#!/bin/sh\nexec /app/.venv/bin/python -m app.cli "$@"\n' > .venv/bin/ocop \
    && chmod 0755 .venv/bin/ocop \
    && .venv/bin/python -m compileall -q app

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ocop \
    && install --directory --owner=ocop --mode=0700 /var/lib/ocop
COPY --from=build /app /app
WORKDIR /app
USER ocop
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OCOP_ENVIRONMENT=production \
    OCOP_LOG_FORMAT=json \
    OCOP_DATA_DIR=/var/lib/ocop \
    OCOP_PORT=8000
VOLUME /var/lib/ocop
EXPOSE 8000
# `ocop run` stops in order within ten seconds; give it that time (docker stop waits ten by default).
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['OCOP_PORT'] + '/healthz', timeout=2)"]
CMD ["ocop", "run", "--no-demo"]
