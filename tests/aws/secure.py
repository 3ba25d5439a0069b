"""The endpoint over TLS with an authority of its own, and a proxy that leads to it."""

import datetime
import ipaddress
import pathlib
import socket
import ssl
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from werkzeug.serving import make_server

TLS_ADDRESS = ("127.0.0.1", 443)
PROXY_ADDRESS = ("127.0.0.1", 3128)


def _named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(subject, issuer, public_key, signer, extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(subject))
        .issuer_name(_named(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def certificates(names):
    """A new authority, and a key with a certificate of it for these names: three PEM texts."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(
        "Authority of the sandbox",
        "Authority of the sandbox",
        authority_key.public_key(),
        authority_key,
        [x509.BasicConstraints(ca=True, path_length=0)],
    )
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [x509.DNSName(name) for name in names]
    alternatives.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    leaf = _certificate(
        "Endpoint of the sandbox",
        "Authority of the sandbox",
        key.public_key(),
        authority_key,
        [x509.SubjectAlternativeName(alternatives)],
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    return _pem(authority), key_pem, _pem(leaf)


def serve_tls(names, application):
    """Serves an application at TLS_ADDRESS; the authority's certificate as PEM."""
    authority, key, leaf = certificates(names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "endpoint.pem"
        path.write_text(leaf + key)
        context.load_cert_chain(path)
    server = make_server(*TLS_ADDRESS, application, threaded=True, ssl_context=context)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return authority


def serve_proxy(note):
    """Leads every CONNECT to TLS_ADDRESS, whatever name it asks for, and notes the name."""
    listener = socket.create_server(PROXY_ADDRESS)

    def lead(client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        words = head.split(b"\r\n", 1)[0].decode().split()
        note(words[0], words[1])
        if words[0] != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n")
            client.close()
            return
        server = socket.create_connection(TLS_ADDRESS)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=copy, args=(client, server), daemon=True).start()
        copy(server, client)

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=lead, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def copy(source, sink):
    """Copies bytes until one side ends."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
