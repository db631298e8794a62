# The operator's image: one binary with the Swift runtime linked in, on a base without a shell or a package manager.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" -t hardening-operator .
#
# For a release, pin both bases by digest.

FROM swift:6.3-bookworm AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /source

# Dependencies first: this layer stays cached until one of them changes.
COPY Package.swift Package.resolved* ./
RUN swift package resolve

# For YAML, which Sources/CLibYAML asks for by the name of the static library: the final base does not have it. Without a
# version: Debian 12 keeps only the newest of its own, which is a security fix if it is another.
# hadolint ignore=DL3008
RUN apt-get -qq update \
    && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends libyaml-dev \
    && rm -rf /var/lib/apt/lists/*

# swift-nio-extras asks for zlib, which the final base does not have. Without the link for the shared one, the linker
# takes the static one.
RUN test -e "/usr/lib/$(uname -m)-linux-gnu/libz.a" \
    && rm -f "/usr/lib/$(uname -m)-linux-gnu/libz.so"

COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN swift build --configuration release --product hardening-operator --static-swift-stdlib \
    && cp "$(swift build --configuration release --show-bin-path)/hardening-operator" /hardening-operator \
    && strip --strip-all /hardening-operator \
    && /hardening-operator --version

# The image would start nowhere if the binary wanted a library that the final base lacks: rather fail here.
RUN needed="$(readelf --dynamic /hardening-operator | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')" \
    && echo "needs: ${needed//$'\n'/ }" \
    && ! grep -vE '^(ld-linux-.*|libc|libm|libdl|libpthread|librt|libutil|libgcc_s|libstdc\+\+)\.so\.[0-9]+$' <<<"${needed}"

# glibc, libstdc++ and CA certificates; the user nonroot (65532); no shell. Debian 12, as the build is, for the same glibc.
FROM gcr.io/distroless/cc-debian12:nonroot

ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="hardening-operator" \
      org.opencontainers.image.description="Keeps Kubernetes namespaces hardened as HardeningProfiles say" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot"

COPY --from=build /hardening-operator /hardening-operator

# A number, so that Kubernetes can check runAsNonRoot.
USER 65532:65532
EXPOSE 8081
ENTRYPOINT ["/hardening-operator"]
CMD ["run"]
