FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY receiver receiver
COPY migrations migrations
RUN pip wheel --no-cache-dir --wheel-dir /wheels '.[postgres]'

FROM python:3.13-slim
COPY --from=build /wheels /wheels
RUN pip install --no-cache-dir --no-index --find-links /wheels 'maytapi-receiver[postgres]' \
    && rm -rf /wheels \
    && useradd --system --uid 10001 --no-create-home receiver \
    && install --directory --owner receiver /data
USER receiver
# All that is written goes here: the SQLite file, its lock, and .env.
WORKDIR /data
VOLUME /data
ENV RECEIVER_HOST=0.0.0.0
EXPOSE 8000
# Whether it lives: a database that is away would not come back with a restart.
HEALTHCHECK CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"RECEIVER_PORT\", 8000)}/livez', timeout=3)"]
ENTRYPOINT ["receiver"]
CMD ["serve"]
