# The service for production. Build: docker build -t her2-cds .
# With an extra: --target charts for reports with charts, --target simulate for simulations of past orders,
# --target otel for spans.
# To pin the base image, name it by its digest: --build-arg PYTHON=python:3.13-slim@sha256:…
ARG PYTHON=python:3.13-slim

# hadolint ignore=DL3006
FROM ${PYTHON} AS build
WORKDIR /src
COPY requirements.lock .
RUN python -m venv /opt/her2-cds \
 && /opt/her2-cds/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . .
# The check parses the knowledge and keeps the result, which the service's own user may not (ADR 37).
RUN /opt/her2-cds/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps . \
 && /opt/her2-cds/bin/her2-cds config demo > /tmp/demo.yaml \
 && /opt/her2-cds/bin/her2-cds config check /tmp/demo.yaml

FROM build AS build-charts
RUN /opt/her2-cds/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-charts.lock

FROM build AS build-otel
RUN /opt/her2-cds/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-otel.lock

FROM build-charts AS build-simulate
RUN /opt/her2-cds/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
    -r requirements-simulate.lock

# hadolint ignore=DL3006
FROM ${PYTHON} AS base
RUN useradd --system --uid 10001 --home-dir /var/lib/her2-cds --create-home her2-cds
ENV PATH=/opt/her2-cds/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
# The embedded database, if no other is configured.
WORKDIR /var/lib/her2-cds
VOLUME /var/lib/her2-cds
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/health/live', timeout=2)"]
STOPSIGNAL SIGTERM
# With authentication off this does not start (--insecure, see docs/operation.md).
CMD ["her2-cds", "serve", "--host", "0.0.0.0", "--workers", "2"]

FROM base AS charts
USER 0
# What WeasyPrint needs to lay out a PDF, and a font.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-dejavu-core libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
 && rm -rf /var/lib/apt/lists/*
USER 10001
COPY --from=build-charts /opt/her2-cds /opt/her2-cds

FROM base AS otel
COPY --from=build-otel /opt/her2-cds /opt/her2-cds

FROM charts AS simulate
COPY --from=build-simulate /opt/her2-cds /opt/her2-cds

# The last stage is built if no target is named.
FROM base AS serve
COPY --from=build /opt/her2-cds /opt/her2-cds
