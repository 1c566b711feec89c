"""A network that is left by a proxy alone, and services with certificates behind it."""

import asyncio
import base64
import datetime
import ssl
import threading
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for `name` that is its own root, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256()))
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return certificate, secret


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof() if writer.can_write_eof() else writer.close()
    except (ConnectionError, OSError):
        writer.close()


class Network:
    """A proxy at `url` that wants ann's password and alone knows the host `name`: https is met by a
    certificate and led to `secure_port` of this machine, http to `plain_port`."""

    def __init__(self, folder: Path, name: str, secure_port: int, plain_port: int):
        self.name, self.secure_port, self.plain_port = name, secure_port, plain_port
        self.certificate, key = make_certificate(folder, name)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate, key)
        self.asked: list[str] = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.port, self.front = asyncio.run_coroutine_threadsafe(self._start(), self.loop).result(10)

    def url(self, password: str = "p@ss") -> str:
        return f"http://ann:{password.replace('@', '%40')}@127.0.0.1:{self.port}"

    async def _start(self) -> tuple[int, int]:
        proxy = await asyncio.start_server(self._proxy, "127.0.0.1", 0)
        front = await asyncio.start_server(self._meet, "127.0.0.1", 0, ssl=self.tls)
        return proxy.sockets[0].getsockname()[1], front.sockets[0].getsockname()[1]

    async def _join(self, port: int, reader, writer, first: bytes = b"") -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        back.write(first)
        await asyncio.gather(pump(reader, back), pump(there, writer))
        back.close()
        writer.close()

    async def _meet(self, reader, writer) -> None:
        await self._join(self.secure_port, reader, writer)

    async def _proxy(self, reader, writer) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return writer.close()
        line, _, fields = head.partition("\r\n")
        self.asked.append(line)
        method, target, _ = line.split(" ")
        wanted = base64.b64encode(b"ann:p@ss").decode()
        if f"proxy-authorization: basic {wanted}".lower() not in fields.lower():
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return writer.close()
        if method == "CONNECT" and target == f"{self.name}:443":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            return await self._join(self.front, reader, writer)
        prefix = f"http://{self.name}/"
        if target.startswith(prefix):
            first = head.replace(target, "/" + target.removeprefix(prefix), 1).encode()
            return await self._join(self.plain_port, reader, writer, first)
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
