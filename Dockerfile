# Built on Debian 12 by the same command as everywhere; the second stage has only what serving needs.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./run --build && strip --strip-debug build/core/app/moongate

FROM debian:12-slim
COPY packages/serve.txt /tmp/serve.txt
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(grep -v '^#' /tmp/serve.txt) \
    && rm -rf /var/lib/apt/lists/* /tmp/serve.txt \
    && groupadd --gid 10001 moongate \
    && useradd --uid 10001 --gid moongate --home-dir /var/lib/moongate --shell /usr/sbin/nologin moongate \
    && install -d -o moongate -g moongate -m 0700 /var/lib/moongate \
    && install -d /etc/moongate/map /etc/moongate/json

COPY --from=build /src/build/core/app/moongate /usr/bin/moongate
COPY conf /usr/share/moongate/conf
COPY lua /usr/share/moongate/lua
COPY LICENSE /usr/share/doc/moongate/copyright

# Inside a container the ports must be reachable from outside of it; who may reach them is decided where they
# are published. Every setting has such a name: see conf/moongate.yaml.
ENV MOONGATE_LISTEN_HTTP=0.0.0.0:8888 \
    MOONGATE_LISTEN_HTTPS=0.0.0.0:8443 \
    MOONGATE_LISTEN_CONTROL=0.0.0.0:8889 \
    MOONGATE_DATA_DIR=/var/lib/moongate \
    MOONGATE_POLICY_DIR=/usr/share/moongate/lua \
    MOONGATE_MAP_FILE=/etc/moongate/map/map-config.json \
    MOONGATE_MAP_CREDENTIALS_DIR=/etc/moongate/json

USER moongate
WORKDIR /usr/share/moongate
VOLUME /var/lib/moongate
EXPOSE 8888 8443 8889
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
    CMD ["curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:8889/health/ready"]
ENTRYPOINT ["/usr/bin/moongate"]
CMD ["serve"]
