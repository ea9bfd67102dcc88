"""What the uplink's tests run: a pole in a process of its own, mosquitto, certificates, a proxy that can stall."""

import datetime
import functools
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.harness import compile_firmware
from yigan import cards, vm
from yigan.errors import LinkError

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"
SCRIPT = Path(__file__).resolve().parent / "mqtt_pole.py"
BASE = "yigan/demo-0001/"
NOW = 217_497_600  # 2026-11-22T08:00:00Z, in seconds since 2020


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def eventually(condition, seconds=10.0):
    """The first true result of `condition()`; AssertionError when none comes in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("waited in vain")


class Process:
    """A child whose output lines are kept in `lines`; `file` is removed with it."""

    def __init__(self, command, env=None, file: Path | None = None):
        self.lines: list[str] = []
        self._file = file
        self._process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    def said(self, word) -> bool:
        return any(word in line for line in self.lines)

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._file:
            self._file.unlink(missing_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()
        if error[0]:
            print("\n".join(self.lines))  # noqa: T201 - pytest shows it with the failure


@functools.cache
def bytecode() -> tempfile.TemporaryDirectory:
    """The firmware as a board gets it: the VM's heap is a board's."""
    folder = tempfile.TemporaryDirectory(prefix="yigan-mpy-")
    compile_firmware(folder.name, keep=True)
    return folder


def pole(interpreter: str, port: int, seconds=0, **options) -> Process:
    """The uplink on an interpreter, with the card's defaults and short waits."""
    chosen = {name: option.default for name, option in cards.uplink("mqtt").options.items()}
    chosen |= {"host": "localhost", "port": port, "retry_min_ms": 100, "retry_max_ms": 300, **options}
    path = [str(FIRMWARE), str(FIRMWARE / "tests")]
    if interpreter == "vm":
        try:
            command = [vm.find(), "-X", "heapsize=176k", str(SCRIPT)]
        except LinkError as error:
            pytest.skip(str(error))
        env = {**os.environ, "MICROPYPATH": f".frozen:{FIRMWARE / 'tests'}:{bytecode().name}"}
    else:
        command = [sys.executable, "-u", str(SCRIPT)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    file = Path(tempfile.mkstemp(suffix=".json")[1])
    file.write_text(json.dumps(chosen))
    return Process([*command, str(file), str(seconds)], env, file)


class Mosquitto:
    """A real broker on a loopback port; `start` again after `stop` to restart it."""

    def __init__(self, folder: Path, *lines: str):
        self._binary = shutil.which("mosquitto") or shutil.which(
            "mosquitto", path="/usr/sbin:/usr/local/sbin"
        )
        if not self._binary:
            pytest.skip("mosquitto is not installed (apt-get install mosquitto)")
        self.port = free_port()
        self._file = folder / "mosquitto.conf"
        anonymous = () if any("allow_anonymous" in line for line in lines) else ("allow_anonymous true",)
        user = "user root" if os.getuid() == 0 else ""
        text = (f"listener {self.port} 127.0.0.1", user, "persistence false", *anonymous, *lines)
        self._file.write_text("\n".join(text) + "\n")
        self._process: Process | None = None

    def start(self):
        self._process = Process([self._binary, "-c", str(self._file)])
        eventually(lambda: _answers(self.port))

    def stop(self):
        if self._process:
            self._process.kill()
            self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        if error[0] and self._process:
            print("\n".join(self._process.lines))  # noqa: T201
        self.stop()


def _answers(port) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
        return True
    except OSError:
        return False


class City:
    """An independent client that hears all a pole says, and commands it."""

    def __init__(self, port: int, tls: "Authority | None" = None):
        self._messages: queue.Queue = queue.Queue()
        self.heard: list[tuple[str, dict, bool]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda c, d, m: self.heard.append(
            (m.topic, json.loads(m.payload), m.retain)
        )
        self._client.on_connect = lambda c, *rest: c.subscribe(BASE + "#", 1)
        self._client.reconnect_delay_set(1, 1)
        if tls:
            self._client.tls_set(str(tls.file), str(tls.client[0]), str(tls.client[1]))
        self._client.connect("localhost", port)
        self._client.loop_start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._client.disconnect()
        self._client.loop_stop()

    def all(self, name) -> list[dict]:
        return [said for topic, said, _ in list(self.heard) if topic == BASE + name]

    def last(self, name) -> dict | None:
        return next(reversed(self.all(name)), None)

    def command(self, name, retain=False, **fields):
        self._client.publish(f"{BASE}{name}/set", json.dumps(fields), qos=1, retain=retain).wait_for_publish(
            5
        )


class Authority:
    """A certificate authority of this test, with a broker's and a client's certificate."""

    def __init__(self, folder: Path, days=30, since=60):
        self._since = since
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("yigan test authority", self._key, None, 30)
        self.file = self._write("ca", self.certificate)
        self.server = self._pair("server", "localhost", days)
        self.client = self._pair("client", None, days)

    def lines(self) -> tuple[str, ...]:
        """mosquitto's configuration: clients need a certificate too."""
        return (
            f"cafile {self.file}",
            f"certfile {self.server[0]}",
            f"keyfile {self.server[1]}",
            "require_certificate true",
        )

    def options(self, **more) -> dict:
        """The uplink's options: the authority as text, the pole's own pair as files."""
        own = {"cert": str(self.client[0]), "key": str(self.client[1])}
        return {"tls": True, "ca": self.file.read_text(), **own, **more}

    def _pair(self, name, host, days, role=""):
        key = ec.generate_private_key(ec.SECP256R1())
        encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        path = self._folder / f"{name}.key"
        path.write_bytes(key.private_bytes(*encoding))
        return self._write(name, self._sign(name, key, host, days, role)), path

    def _write(self, name, certificate):
        path = self._folder / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def _sign(self, name, key, host, days, role=""):
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer = self.certificate.subject if key is not self._key else subject
        today = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=60 if key is self._key else self._since))
            .not_valid_after(today + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(key is self._key, None), critical=True)
        )
        if role:  # of Modbus/TCP Security: a UTF8String
            said = b"\x0c" + bytes((len(role.encode()),)) + role.encode()
            extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.50316.802.1"), said)
            builder = builder.add_extension(extension, critical=False)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


class Proxy:
    """Forwards connections to `target`; while `stalled` it swallows everything, as a dead link does."""

    def __init__(self, target: int):
        self._target = target
        self.stalled = False
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for s in self._sockets:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self.connections += 1
            self._sockets += [near, far]
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, a, b):
        try:
            while data := a.recv(4096):
                if not self.stalled:
                    b.sendall(data)
            b.close()
        except OSError:
            pass
