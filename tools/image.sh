#!/usr/bin/env bash
# Lays out what the container image is made of in build/image and, where buildah, podman or
# docker is there, builds the image kaiwa:latest from it.
# usage: tools/image.sh [--files-only]
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/kaiwa ] || { echo "tools/image.sh: build/kaiwa is missing; run make build first" >&2; exit 1; }

image=build/image
root=$image/root
rm -rf "$image"
mkdir -p "$root"/{tmp,etc/ssl/certs} "$image/data"

install -m 755 build/kaiwa "$root/kaiwa"
# The loader by the name that the program asks for, and every library that it loads.
ldd build/kaiwa | grep -o '/[^ ]*' | while read -r file; do install -D -m 755 "$(readlink -f "$file")" "$root$file"; done
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
echo 'kaiwa:x:65532:65532:kaiwa:/data:/nonexistent' > "$root/etc/passwd"
echo 'kaiwa:x:65532:' > "$root/etc/group"
echo 'hosts: files dns' > "$root/etc/nsswitch.conf"
chmod 1777 "$root/tmp"
cp deploy/image/Containerfile "$image/"
echo "$image: $(du -sh --apparent-size "$root" | cut -f1)"
[ "${1:-}" != --files-only ] || exit 0

if command -v buildah >/dev/null; then
  buildah bud --quiet --format docker --isolation chroot --tag kaiwa:latest "$image"
elif command -v podman >/dev/null; then
  podman build --quiet --format docker --tag kaiwa:latest "$image"
elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
  docker build --quiet --tag kaiwa:latest "$image"
else
  echo "tools/image.sh: no buildah, podman or docker here; $image is ready for one of them" >&2
fi
