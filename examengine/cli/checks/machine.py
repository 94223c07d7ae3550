"""The machine around an instance: rights, room, clock, and how it is reached."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from examengine.cli.checks import Finding, fault, ok, skipped, warning
from examengine.core import clock, disk
from examengine.core.settings import Settings, is_loopback

COMFORT = 1024 * disk.MIB
SAMPLE_S = 1.0
UNEVEN_S = 0.2
NETWORKS = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs"}


def rights(instance: Path) -> Iterator[Finding]:
    """Who may read and write the instance."""
    if not instance.is_dir():
        yield fault("permissions", f"there is no folder {instance}", "Run `examengine init`.")
        return
    faults = list(_folder_rights(instance)) + list(_file_rights(instance))
    yield from faults or [ok("permissions", f"{instance} is its owner's, and its secrets are too")]


def _folder_rights(instance: Path) -> Iterator[Finding]:
    found = instance.stat()
    if found.st_uid != os.geteuid():
        yield warning(
            "permissions",
            f"{instance} belongs to user {found.st_uid}, and this is user {os.geteuid()}",
            "Run the commands as the user that the server runs as.",
        )
    if stat.S_IMODE(found.st_mode) & 0o022:
        yield fault("permissions", f"{instance} may be changed by others", f"chmod go-w {instance}")
    if stat.S_IMODE(found.st_mode) & 0o007:
        yield fault("permissions", f"{instance} may be looked into by everybody", f"chmod o-rwx {instance}")
    if not os.access(instance, os.W_OK):
        yield fault("permissions", f"{instance} cannot be written to", f"chown it to the server's user: {instance}")


def _file_rights(instance: Path) -> Iterator[Finding]:
    most = {"secret_key": 0o600, "config.env": 0o660, "backups": 0o700}
    for name, mode in most.items():
        path = instance / name
        if path.exists() and (found := stat.S_IMODE(path.stat().st_mode)) & ~mode & 0o777:
            yield fault("permissions", f"{path} has the mode {found:04o}", f"chmod {found & mode:o} {path}")


def room(own: Settings, size: int | None) -> Iterator[Finding]:
    """Room to go on, and to grow: a backup or an upgrade needs as much as the database again."""
    if problem := disk.fault(own.instance):
        yield fault("disk", problem, "Make room, or move the instance to a larger disk.")
        return
    free = disk.free(own.instance)
    wanted = max(COMFORT, 2 * (size or 0) if own.on_sqlite else 0)
    text = f"{free // disk.MIB:,} MiB free, the database has {(size or 0) // disk.MIB:,} MiB"
    if free < wanted:
        yield warning("disk", text, f"Keep {wanted // disk.MIB:,} MiB free: backups and upgrades need room too.")
    else:
        yield ok("disk", text if own.on_sqlite else f"{text} (its own disk cannot be seen from here)")
    if own.on_sqlite and (kind := _file_system(own.instance)) in NETWORKS:
        yield fault(
            "disk", f"the SQLite database is on a network file system ({kind})", "Use a local disk, or PostgreSQL."
        )


def _file_system(folder: Path) -> str:
    """The kind of the folder's file system, where the system tells."""
    try:
        lines = Path("/proc/mounts").read_text("utf-8").splitlines()
    except OSError:
        return ""
    mounts = {fields[1]: fields[2] for fields in (line.split(" ") for line in lines) if len(fields) > 2}
    places = [str(folder.resolve()), *map(str, folder.resolve().parents)]
    return next((mounts[place] for place in places if place in mounts), "")


def evenness() -> Iterator[Finding]:
    """Whether the wall clock keeps pace with the monotonic one."""
    wall, ticks = clock.now(), clock.seconds()
    time.sleep(SAMPLE_S)
    drift = (clock.now() - wall).total_seconds() - (clock.seconds() - ticks)
    if abs(drift) > UNEVEN_S:
        yield warning(
            "clock",
            f"within {SAMPLE_S:.0f} s the clock was set by {drift:+.1f} s",
            "Deadlines follow this clock: let one time service keep it (chrony, systemd-timesyncd).",
        )
    else:
        yield ok("clock", f"it goes evenly; it is {clock.now():%Y-%m-%d %H:%M:%S} UTC here")


def reach(own: Settings) -> Iterator[Finding]:
    """Whether what is said of proxies, host and cookies fits together."""
    local = is_loopback(own.host)
    found = []
    if not own.public and own.trusted_proxies:
        found.append(
            warning(
                "reach",
                "there is a proxy, but EXAMENGINE_PUBLIC is no: cookies travel without Secure",
                "Set EXAMENGINE_PUBLIC=yes (the proxy must speak HTTPS).",
            )
        )
    if not own.public and not local:
        found.append(
            warning(
                "reach",
                f"it listens on {own.host} without HTTPS: passwords and answers can be read on the way",
                "Put nginx with TLS in front (deploy/nginx-examengine.conf) and set EXAMENGINE_PUBLIC=yes.",
            )
        )
    if own.public and not own.trusted_proxies:
        found.append(
            warning(
                "reach",
                "EXAMENGINE_PUBLIC is yes, but no proxy is trusted: every visitor seems to come from the proxy",
                "Set EXAMENGINE_TRUSTED_PROXIES=1 (the number of proxies in front).",
            )
        )
    if own.trusted_proxies and not local:
        found.append(
            warning(
                "reach",
                f"a proxy is trusted, but {own.host}:{own.port} can be reached around it: addresses can be forged",
                "Set EXAMENGINE_HOST=127.0.0.1, or let a firewall admit the proxy only.",
            )
        )
    if own.public and not own.allowed_hosts:
        found.append(
            warning(
                "reach",
                "any host name is answered",
                "Set EXAMENGINE_ALLOWED_HOSTS to the name people use, e.g. exams.example.com.",
            )
        )
    yield from found or [ok("reach", f"{own.host}:{own.port}, {own.trusted_proxies} proxies, public: {own.public}")]


def secret(own: Settings) -> Iterator[Finding]:
    """Where the secret key comes from."""
    if "EXAMENGINE_SECRET_KEY" in os.environ:
        yield skipped("secret key", "it comes from the environment; backups do not have it")
