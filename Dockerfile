# syntax=docker/dockerfile:1
# One image a service, from nothing: the program, the shared libraries it loads, authorities and time zones; no
# shell, no package manager. docs/containers.md tells how to build, run and check them.
#
#   docker build --target ingest -t sluice-ingest .        # and transform, loader, api, tools

ARG DEBIAN=debian:bookworm-20251229-slim

FROM ${DEBIAN} AS build
ENV DEBIAN_FRONTEND=noninteractive
WORKDIR /src
# Upgraded, because the images are made of these libraries.
COPY launcher/packages.txt launcher/packages.txt
RUN apt-get update \
 && apt-get -y upgrade \
 && apt-get -y install --no-install-recommends ca-certificates tzdata $(sed '/^# To run/,$d; /^#/d' launcher/packages.txt) \
 && rm -rf /var/lib/apt/lists/*
# Apache Arrow comes first: it changes rarely.
COPY launcher launcher
RUN launcher/arrow.sh /tmp
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY common common
COPY web web
COPY services services
COPY cli cli
COPY samples samples
RUN cmake --preset release -DSLUICE_TESTS=OFF -DSLUICE_BENCH=OFF \
 && ninja -C build \
 && cmake --install build --prefix /opt/sluice --strip \
 && rm -rf build
COPY deploy/image/collect.sh deploy/image/collect.sh
RUN LD_LIBRARY_PATH=$(launcher/arrow.sh /tmp) deploy/image/collect.sh /images /opt/sluice/bin/*

# What all images share.
FROM scratch AS base
COPY --from=build /images/base /
USER 10001:10001
WORKDIR /var/lib/sluice
ENV SLUICE_HOME=/var/lib/sluice \
    SLUICE_DEFINITIONS=/etc/sluice/definitions \
    SLUICE_HTTP_ADDRESS=0.0.0.0
STOPSIGNAL SIGTERM

FROM base AS ingest
COPY --from=build /images/sluice-ingest /
EXPOSE 8081
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/bin/sluice-ingest", "--ready"]
ENTRYPOINT ["/usr/bin/sluice-ingest"]

FROM base AS transform
COPY --from=build /images/sluice-transform /
EXPOSE 8082
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/bin/sluice-transform", "--ready"]
ENTRYPOINT ["/usr/bin/sluice-transform"]

FROM base AS loader
COPY --from=build /images/sluice-loader /
EXPOSE 8083
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/bin/sluice-loader", "--ready"]
ENTRYPOINT ["/usr/bin/sluice-loader"]

# The operator's command line, and the maker of sample files.
FROM base AS tools
COPY --from=build /images/sluice-cli /
COPY --from=build /images/sluice-samples /
ENTRYPOINT ["/usr/bin/sluice-cli"]

FROM base AS api
COPY --from=build /images/sluice-api /
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["/usr/bin/sluice-api", "--ready"]
ENTRYPOINT ["/usr/bin/sluice-api"]
