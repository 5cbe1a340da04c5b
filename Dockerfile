# syntax=docker/dockerfile:1.7
# The operator's image: Node, helm, the built program, the bundled charts. docker build -t bookstore-operator:0.1.0 .

ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim

# helm, by the checksum that the release states for its archive. One stage an architecture: only the one that is built is fetched.
FROM scratch AS helm-amd64
ADD --checksum=sha256:e9b88b4ee95b18c706839c28d3a0220e5bc470e9cd9262410c90793c45ff8b7c \
  https://get.helm.sh/helm-v4.2.3-linux-amd64.tar.gz /helm.tar.gz

FROM scratch AS helm-arm64
ADD --checksum=sha256:21abd9354d39b2cd79a8d76be6912cd137a983cbf997193503fb8a6a6e2f2785 \
  https://get.helm.sh/helm-v4.2.3-linux-arm64.tar.gz /helm.tar.gz

FROM helm-${TARGETARCH} AS helm-archive

# To build without get.helm.sh, give this stage from a directory: --build-context helm=DIR, with the binary as DIR/helm.
FROM ${NODE_IMAGE} AS helm
COPY --from=helm-archive /helm.tar.gz /tmp/helm.tar.gz
RUN tar -xzf /tmp/helm.tar.gz -C / --strip-components=1 --no-same-owner --wildcards '*/helm' \
  && /helm version --short

# The program with all that it needs built in. No package's install script is run.
FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.ts ./
COPY src ./src
RUN npx --no-install tsc -p tsconfig.build.json && npx --no-install rolldown --config rolldown.config.ts --configLoader native

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="bookstore-operator" \
  org.opencontainers.image.description="A Helm-based operator for BookStore resources, and a clean-up of Helm releases after office hours" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="0.1.0"

# helm writes below these two only; both are volumes in the pod, whose root is read-only.
ENV NODE_ENV=production \
  HOME=/tmp \
  HELM_BIN=/usr/local/bin/helm \
  HELM_CACHE_HOME=/var/cache/helm/cache \
  HELM_CONFIG_HOME=/var/cache/helm/config \
  HELM_DATA_HOME=/var/cache/helm/data \
  KUBECACHEDIR=/var/cache/helm/kube
RUN install -d -o 65532 -g 65532 /var/cache/helm

COPY --from=helm /helm /usr/local/bin/helm
WORKDIR /app
COPY package.json watches.yaml ./
COPY charts ./charts
COPY --from=build /app/dist ./dist

# Numbers, so that runAsNonRoot can be checked without reading /etc/passwd.
USER 65532:65532
EXPOSE 8081

# Node itself is process 1. When it ends, for whatever reason, the kernel kills every helm with it, so none can go on writing
# behind a new leader's back (DESIGN.md, O8). An init process in between would have to be trusted with that; a shell would swallow
# the signals. helm starts no processes of its own here, so there are no orphans to reap.
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["run"]
