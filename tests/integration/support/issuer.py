"""An OpenID Connect issuer on this machine, which signs whatever a test wants."""

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def number(value: int, size: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).rstrip(b"=").decode()


class Key:
    def __init__(self, id: str, algorithm: str = "RS256"):
        self.id, self.algorithm = id, algorithm
        if algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict:
        public = self.private.public_key().public_numbers()
        if self.algorithm == "ES256":
            key = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32)}
        else:
            key = {"kty": "RSA", "n": number(public.n, 256), "e": number(public.e, 3)}
        return key | {"kid": self.id, "use": "sig", "alg": self.algorithm}


class Issuer:
    def __init__(self, audience: str = "client-1"):
        self.audience = audience
        self.keys = [Key("rsa-1"), Key("ec-1", "ES256")]
        self.listed = list(self.keys)
        self.asked: list[str] = []
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                body = issuer.document(self.path)
                self.send_response(200 if body else 404)
                self.end_headers()
                self.wfile.write(json.dumps(body or {}).encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/pool"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def document(self, path: str) -> dict | None:
        if path == "/pool/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"}
        return {"keys": [key.jwk() for key in self.listed]} if path == "/pool/jwks" else None

    def claims(self, subject: str, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": self.url, "sub": subject, "aud": self.audience, "token_use": "id", "exp": now + 600,
                  "iat": now, "cognito:username": subject, "email": "root@example.com", "email_verified": True} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, subject: str, key: Key | None = None, headers: dict | None = None, **changes) -> str:
        key = key or self.keys[0]
        return jwt.encode(self.claims(subject, **changes), key.private, key.algorithm,
                          headers={"kid": key.id} | (headers or {}))

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
