"""The board's network: ports for the host, names only where told, TLS at a board's price (design 5)."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
import time

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from stage import put, run, until

WIFI = """import network, time
w = network.WLAN(network.STA_IF)
w.active(True)
w.connect('pole', 'secret')
while not w.isconnected():
    time.sleep_ms(10)
"""

SERVER = WIFI + """import asyncio
async def client(reader, writer):
    while True:
        data = await reader.read(64)
        if not data:
            break
        writer.write(b'<' + data + b'>')
        await writer.drain()
    writer.close()
async def main():
    await asyncio.start_server(client, '0.0.0.0', 502)
    while True:
        await asyncio.sleep(1)
asyncio.run(main())
"""


def connected(port):
    """None: the port is bound, and nobody listens yet."""
    try:
        return socket.create_connection(("127.0.0.1", port), 5)
    except ConnectionRefusedError:
        return None


def test_a_device_port_becomes_a_port_here_and_keeps_it(virtual):
    board = virtual()
    put(board, "main.py", SERVER)
    board.reset()
    port = until(lambda: board.net.get(502))
    with until(lambda: connected(port)) as one, until(lambda: connected(port)) as two:
        one.sendall(b"a")
        two.sendall(b"b")
        assert one.recv(9) == b"<a>" and two.recv(9) == b"<b>"
        board.power_cut()
        assert one.recv(9) == b"" and board.net == {}
    board.power(True)
    assert until(lambda: board.net.get(502)) == port
    with until(lambda: connected(port)) as again:
        again.sendall(b"c")
        assert again.recv(9) == b"<c>"


GO = """import socket
def go(host, port):
    try:
        info = socket.getaddrinfo(host, port)[0]
        s = socket.socket()
        s.connect(info[-1])
        s.write(b'hello')
        return s.read(5)
    except OSError as e:
        return e.errno
"""


@pytest.fixture
def echo():
    """A server that says back what it hears; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client:
                client.sendall(client.recv(64))

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def echoed(port, words=b"a"):
    connection = socket.create_connection(("127.0.0.1", port), 5)
    connection.sendall(words)
    assert connection.recv(9) == b"<" + words + b">"
    return connection


def test_a_hard_reset_with_open_sockets_leaves_nothing_behind(virtual):
    boards = [virtual(), virtual(folder="two")]
    for board in boards:
        put(board, "main.py", SERVER)
        board.reset()
    one, two = (until(lambda b=board: b.net.get(502)) for board in boards)
    assert one != two
    process = psutil.Process(boards[0].process.pid)
    fds = process.num_fds()
    with echoed(two) as neighbour:
        for _ in range(3):
            with echoed(one) as client:
                boards[0].reset()
                with contextlib.suppress(ConnectionResetError):
                    assert client.recv(9) == b""
            with pytest.raises(OSError), socket.socket() as thief:
                thief.bind(("127.0.0.1", one))  # the port stays the board's while nobody listens there
            assert until(lambda: boards[0].net.get(502)) == one
            until(lambda: not refused(one))
        assert process.num_fds() == fds and len(process.children(recursive=True)) == 1
        neighbour.sendall(b"b")
        assert neighbour.recv(9) == b"<b>"


def refused(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_nothing_leaves_but_where_it_is_told(virtual, echo):
    board = virtual()
    board.redirect("broker.example", 1883, echo)
    code = WIFI + GO + f"""print(go('broker.example', 1883), go('broker.example', 80), go('other.example', 1883),
    go('8.8.8.8', 53), go('127.0.0.1', {echo}))
w.disconnect()
print(go('broker.example', 1883), w.isconnected())"""
    first, second = run(board, code).splitlines()
    assert first == "b'hello' 113 -202 113 b'hello'"
    assert second == "-202 False"


def test_the_access_point_can_go(virtual):
    board = virtual()
    run(board, WIFI)
    board.unplug("wifi")
    assert run(board, "import network; w = network.WLAN(); print(w.isconnected(), w.status())", soft_reset=False) == (
        "False 201\n"
    )
    assert run(board, "import network; print(network.WLAN().scan())", soft_reset=False) == "[]\n"
    board.plug("wifi")
    assert run(board, WIFI + "print(w.ifconfig()[0], len(w.config('mac')))") == "192.168.4.20 6\n"


def test_a_board_without_radio_has_no_network(virtual):
    board = virtual("rp2-pico")
    code = """for m in ('network', 'bluetooth'):
    try:
        __import__(m)
        print(m)
    except ImportError:
        print('no')"""
    assert run(board, code) == "no\nno\n"


@pytest.fixture
def tls_echo(tmp_path):
    """A TLS server on loopback: its port and its certificate in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker.example")])
    day = datetime.timedelta(1)
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName(
            [x509.DNSName("broker.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, pair = serialization.Encoding.PEM, tmp_path / "pair.pem"
    pair.write_bytes(
        certificate.public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
                with context.wrap_socket(client, server_side=True) as secure:
                    while data := secure.recv(4096):
                        secure.sendall(data)
            except (OSError, ssl.SSLError):
                if listener.fileno() < 0:
                    return

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1], certificate.public_bytes(serialization.Encoding.DER)
    listener.close()


def test_a_tls_session_works_and_costs_30_kb(virtual, tls_echo):
    board = virtual()
    port, der = tls_echo
    board.redirect("broker.example", 8883, port)
    code = WIFI + f"""import socket, ssl, gc, asyncio
der = bytes.fromhex('{der.hex()}')
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_NONE
gc.collect()
before = gc.mem_alloc()
s = socket.socket()
s.connect(socket.getaddrinfo('broker.example', 8883)[0][-1])
s = context.wrap_socket(s, server_hostname='broker.example')
s.write(b'hello')
print(s.read(5))
gc.collect()
print(30000 < gc.mem_alloc() - before < 36000)
s.close()
del s
gc.collect()
print(gc.mem_alloc() - before < 3000)
async def main():
    reader, writer = await asyncio.open_connection('broker.example', 8883, ssl=context, server_hostname='broker.example')
    writer.write(b'async' * 100)
    await writer.drain()
    print(len(await reader.readexactly(500)))
    writer.close()
asyncio.run(main())"""
    assert run(board, code, timeout_s=3) == "b'hello'\nTrue\nTrue\n500\n"


def test_waiting_in_tls_costs_nothing(virtual, tls_echo):
    board = virtual()
    port, _ = tls_echo
    board.redirect("broker.example", 8883, port)
    put(board, "main.py", WIFI + """import ssl, asyncio
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.verify_mode = ssl.CERT_NONE
async def main():
    reader, writer = await asyncio.open_connection('broker.example', 8883, ssl=context, server_hostname='broker.example')
    writer.write(b'x' * 300)
    await writer.drain()
    buf = bytearray(100)
    for n in range(3):  # decrypted at once, read in pieces: nothing may be left waiting
        await reader.readinto(buf)
    print('idle')
    await reader.readinto(buf)
asyncio.run(main())
""")
    board.reset()
    until(lambda: "idle" in board.log())
    time.sleep(0.3)
    before = board.stats()["vm_cpu_s"]
    time.sleep(2)
    assert board.stats()["vm_cpu_s"] - before < 0.01
