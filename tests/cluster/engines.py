"""A Ray cluster of two nodes and a SLURM cluster of one, on this machine, for as long as a test takes.

Each keeps to a folder of its own, and nothing of the machine's own set-up is read or changed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLURM_PROGRAMS = ("slurmctld", "slurmd", "slurmdbd", "munged", "mariadbd", "mariadb-install-db", "sbatch", "sacct")
_SECONDS_TO_START = 60
Environment = dict[str, str]


def missing_for_slurm() -> list[str]:
    """Return the programs of a SLURM cluster that are not installed; Debian keeps the daemons off a user's path."""
    return [name for name in SLURM_PROGRAMS if program(name) is None]


def program(name: str) -> str | None:
    """Return where a program is."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def can_hide_folders() -> bool:
    """Return whether a process can be given a view of the folders of its own, as Ray's second node is."""
    return subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


@contextmanager
def two_ray_nodes(hidden: Path) -> Iterator[Environment]:
    """Start a head with one processor, and a second node that sees nothing of what lies in `hidden`; yield its address.

    Both, and who uses them, are given one token: without, every node would make one of its own.
    """
    ray = str(Path(sys.executable).with_name("ray"))
    with _short_folder() as folder:
        own = {
            "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16), "RAY_USAGE_STATS_ENABLED": "0",
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        environment = {**os.environ, **own}
        address = f"127.0.0.1:{_free_port()}"
        for node in ("first", "second"):
            (folder / node).mkdir()
        at = f"--port={address.partition(':')[2]}"
        head = ["--head", at, "--include-dashboard=false", f"--temp-dir={folder}/ray"]
        apart = f"mount --make-rprivate / && mount -t tmpfs none {hidden} && mount -t tmpfs none {folder}/ray"
        second = f"{apart} && exec {ray} start --num-cpus=1 --block --address={address}"
        commands = [
            [ray, "start", "--num-cpus=1", "--block", *head],
            ["unshare", "--mount", "sh", "-c", second],
        ]  # fmt: skip
        asked = [ray, "status", f"--address={address}"]
        with ExitStack() as stack:
            for nodes, (name, command) in enumerate(zip(("first", "second"), commands, strict=True), start=1):
                stack.enter_context(_running(command, {**environment, "RAY_NODE": name}, folder, folder / name))
                _wait_until(asked, environment, lambda text, n=nodes: text.count(" node_") == n)
            yield {**own, "RAY_ADDRESS": address}


@contextmanager
def one_slurm_node(*, accounting: bool = True) -> Iterator[Environment]:
    """Start a SLURM cluster of one node with two processors; yield the environment that its commands need."""
    with _short_folder() as folder, ExitStack() as stack:
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        environment = {
            **os.environ,
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{os.environ['PATH']}:/usr/sbin",
        }
        host = socket.gethostname().partition(".")[0]
        values = {
            "folder": folder, "user": user, "host": host, "socket": folder / "munge.socket",
            **{name: _free_port() for name in ("controller", "node", "accounts", "database")},
        }  # fmt: skip

        def start(*command: str) -> None:
            stack.enter_context(_running(list(command), environment, folder, folder))

        (folder / "munge.key").write_bytes(secrets.token_bytes(1024))
        (folder / "munge.key").chmod(0o400)
        names = {"socket": "socket", "key-file": "key", "log-file": "log", "pid-file": "pid", "seed-file": "seed"}
        folder.chmod(0o755)  # munged wants everybody to reach its socket
        start("munged", "--foreground", *(f"--{name}={folder}/munge.{end}" for name, end in names.items()))
        if accounting:
            _start_database(folder, values, environment, stack)
            written = folder / "slurmdbd.conf"
            written.write_text(_ACCOUNTS.format_map(values))
            written.chmod(0o600)
        conf = _SLURM + (_WITH_ACCOUNTS if accounting else "")
        (folder / "slurm.conf").write_text(conf.format_map(values))
        if accounting:
            start("slurmdbd", "-D")
            _wait_until(["sacctmgr", "--immediate", "add", "cluster", "takedown"], environment, lambda _: True)
        start("slurmctld", "-D", "-f", environment["SLURM_CONF"])
        start("slurmd", "-D", "-f", environment["SLURM_CONF"])
        _wait_until(["sinfo", "--noheader", "--format=%t"], environment, lambda text: "idle" in text)
        yield {"SLURM_CONF": environment["SLURM_CONF"]}


def _start_database(folder: Path, values: Mapping[str, object], environment: Environment, stack: ExitStack) -> None:
    own, data = f"--user={values['user']}", f"--datadir={folder}/db"
    made = ["mariadb-install-db", "--no-defaults", own, data, "--auth-root-authentication-method=normal"]
    subprocess.run(made, env=environment, capture_output=True, check=True)
    at = f"--socket={folder}/db.socket"
    server = ["mariadbd", "--no-defaults", own, data, at, f"--port={values['database']}", "--bind-address=127.0.0.1"]
    stack.enter_context(_running(server, environment, folder, folder))
    who = "slurm@localhost"
    sql = f"create database slurm; create user {who} identified by 'slurm'; grant all on slurm.* to {who}"
    _wait_until(["mariadb", "--no-defaults", at, "--user=root", f"--execute={sql}"], environment, lambda _: True)


_SLURM = """\
ClusterName=takedown
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmdPort={node}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={socket}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
_WITH_ACCOUNTS = """\
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={accounts}
AccountingStoragePass={socket}
JobAcctGatherType=jobacct_gather/linux
"""
_ACCOUNTS = """\
AuthType=auth/munge
AuthInfo=socket={socket}
DbdHost=localhost
DbdPort={accounts}
SlurmUser={user}
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
PidFile={folder}/slurmdbd.pid
"""


@contextmanager
def _short_folder() -> Iterator[Path]:
    """Yield a folder with a short name: that of a socket has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="td-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _running(command: list[str], environment: Environment, logs: Path, folder: Path) -> Iterator[None]:
    found = program(command[0]) or command[0]
    with (logs / f"{Path(found).name}.{secrets.token_hex(2)}.out").open("wb") as log:
        process = subprocess.Popen(
            [found, *command[1:]], env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until(command: list[str], environment: Environment, right: Callable[[str], bool]) -> None:
    """Run a command until it succeeds and its output is as it should be."""
    last = ""
    for _ in range(_SECONDS_TO_START):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        last = done.stdout + done.stderr
        if done.returncode == 0 and right(done.stdout):
            return
        time.sleep(1)
    raise TimeoutError(f"{command[0]}: {last}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
