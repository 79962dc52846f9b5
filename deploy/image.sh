#!/usr/bin/env bash
# Builds an OCI image without a container engine, starts what is in it, and writes it to a file that podman, docker and containerd load:
#   deploy/image.sh [FILE]        by default hookgate.oci.tar
#
# For Debian and its kin, as root, with buildah. The image starts from nothing: the built program with its packages and its own Node, and from
# Debian what Node is linked against, certificates and one shell (busybox) for bin/hookgate.
set -euo pipefail
cd "$(dirname "$0")/.."
file=$(realpath -m "${1:-hookgate.oci.tar}")
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' package.json)
work=$(mktemp -d)
container= server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; [ -z "$container" ] || buildah rm "$container" >/dev/null; rm -rf "$work"' EXIT

echo "The program"
mkdir -p "$work/root/hookgate" "$work/root/data" "$work/packages"
git archive HEAD | tar -x -C "$work/root/hookgate"
(cd "$work/root/hookgate" && npm ci --no-audit --no-fund --silent && npm run --silent build && npm ci --omit=dev --no-audit --no-fund --silent)
(cd "$work/root/hookgate" && find . -mindepth 1 -maxdepth 1 ! -name bin ! -name dist ! -name node_modules ! -name package.json ! -name LICENSE -exec rm -rf {} +)

echo "The system below it"
(cd "$work/packages" && apt-get download -qq -o APT::Sandbox::User=root libc6 libatomic1 libgcc-s1 libstdc++6 busybox-static ca-certificates tzdata netbase)
for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" "$work/root"; done
rm -rf "$work/root/usr/share/doc" "$work/root/usr/share/man" "$work/root/usr/share/locale" "$work/root/usr/share/lintian"
for name in sh dirname readlink pwd cat ls; do ln -sf busybox "$work/root/bin/$name"; done
mkdir -p "$work/root/etc/ssl/certs" "$work/root/tmp" "$work/root/usr/bin"
find "$work/root/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$work/root/etc/ssl/certs/ca-certificates.crt"
echo 'hookgate:x:10001:10001::/data:/bin/sh' >"$work/root/etc/passwd"
echo 'hookgate:x:10001:' >"$work/root/etc/group"
ln -s /hookgate/bin/hookgate "$work/root/usr/bin/hookgate"
chown -R 0:0 "$work/root"
chown 10001:10001 "$work/root/data"
chmod 755 "$work/root"
chmod 1777 "$work/root/tmp"

echo "The image"
container=$(buildah from scratch)
cp -a "$work/root/." "$(buildah mount "$container")/"
buildah config \
  --user 10001:10001 --workingdir /data --volume /data --port 4400 \
  --env PATH=/usr/bin:/bin --env HOOKGATE_HOST=0.0.0.0 --env HOOKGATE_STORE=sqlite:/data/hookgate.db \
  --entrypoint '["/hookgate/bin/hookgate"]' --cmd serve --stop-signal SIGTERM \
  --label org.opencontainers.image.title=Hookgate --label "org.opencontainers.image.version=$version" \
  --label org.opencontainers.image.licenses=Apache-2.0 "$container"
buildah commit --quiet "$container" "oci-archive:$file:hookgate:$version" >/dev/null

echo "A start of what is in the file"
buildah rm "$container" >/dev/null
container=$(buildah from --quiet "oci-archive:$file")
root=$(buildah mount "$container")
port=$((20000 + RANDOM % 20000))
# Replaces the process that calls it, so that a signal to it is one to the program.
inside() { exec chroot --userspec=10001:10001 "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOOKGATE_STORE=sqlite:/data/hookgate.db "HOOKGATE_PORT=$port" "$@"; }
ln -sf /bin/busybox "$root/usr/bin/env"
inside /hookgate/bin/hookgate serve >"$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  grep -q "listens on" "$work/server.log" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/server.log"; exit 1; }
  sleep 0.1
done
# The image has no client; its own Node asks.
ask() { (inside /hookgate/node_modules/.bin/node -e "fetch('http://127.0.0.1:$port$1').then(async (a) => { console.log(a.status, await a.text()); process.exit(a.ok ? 0 : 1) })"); }
ask /readyz
ask /sign-in | grep -q "<title>"
echo 'a long sentence that nobody guesses' | (inside /hookgate/bin/hookgate user add --email ada@example.com --name Ada --role admin --password-stdin)
kill "$server"
wait "$server"
server=
echo "$file: $(du -h "$file" | cut -f1), version $version"
