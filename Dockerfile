# One file, two ways to the same three images:
#   --target workload             compiles inside a Rust image (BuildKit; nothing but Docker needed)
#   --target workload-prebuilt    takes .build/bin/workload (buildah, the classic builder: no image pulled)
# The prebuilt targets come first on purpose: builders that run every stage up to the target then never reach the compiler.

FROM scratch AS base
USER 65532:65532
LABEL org.opencontainers.image.vendor="custom-metrics-stack" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM base AS workload-prebuilt
LABEL org.opencontainers.image.title="workload"
COPY .build/bin/workload /workload
ENTRYPOINT ["/workload"]

FROM base AS custom-metrics-adapter-prebuilt
LABEL org.opencontainers.image.title="custom-metrics-adapter"
COPY .build/bin/custom-metrics-adapter /custom-metrics-adapter
ENTRYPOINT ["/custom-metrics-adapter"]

FROM base AS stress-prebuilt
LABEL org.opencontainers.image.title="stress"
COPY .build/bin/stress /stress
ENTRYPOINT ["/stress"]

FROM docker.io/library/rust:1.95.0-bookworm AS compile
# The image's own toolchain, without the components that rust-toolchain.toml adds for developers.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
# --target is spelled out so that build scripts and proc macros stay dynamic; the programs are static.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    target="$(uname -m)-unknown-linux-gnu" && \
    RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --target "$target" \
      -p workload -p custom-metrics-adapter -p stress && \
    install -D -t /out "target/$target/release/workload" \
      "target/$target/release/custom-metrics-adapter" "target/$target/release/stress"

FROM base AS workload
LABEL org.opencontainers.image.title="workload"
COPY --from=compile /out/workload /workload
ENTRYPOINT ["/workload"]

FROM base AS custom-metrics-adapter
LABEL org.opencontainers.image.title="custom-metrics-adapter"
COPY --from=compile /out/custom-metrics-adapter /custom-metrics-adapter
ENTRYPOINT ["/custom-metrics-adapter"]

FROM base AS stress
LABEL org.opencontainers.image.title="stress"
COPY --from=compile /out/stress /stress
ENTRYPOINT ["/stress"]
