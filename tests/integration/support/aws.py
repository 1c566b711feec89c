"""AWS's places that tests stand up: moto as the services, and endpoints that hand out credentials.

tests/support/moto/fetch.sh installs it.
"""

import datetime
import http.server
import json
import os
import secrets
import socket
import threading
import time
from pathlib import Path

import boto3

from support.process import ROOT, Program, environment

TOOLS = Path(os.environ.get("KAIWA_AWS_TOOLS", ROOT / "build/tools/aws")) / "bin"
REGION = "eu-west-1"


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Moto(Program):
    """AWS's services. The set-up's calls are let in; from then on each must be signed with a key that
    may do it, or it is refused as AWS refuses it; without `check` anybody may do all, also by an
    address that is signed. S3 takes parts of 64 KiB."""

    def __init__(self, folder: Path, check: bool = True):
        port = free_port()
        env = {"INITIAL_NO_AUTH_ACTION_COUNT": "5" if check else "1000000", "S3_UPLOAD_PART_MIN_SIZE": "65536",
               "MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
        super().__init__([str(TOOLS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], folder / "moto.log",
                         r"Running on http", env)
        self.url = f"http://127.0.0.1:{port}"
        self.env = self.env_of("setup", "setup")
        iam = self.client("iam")
        iam.create_user(UserName="kaiwa")
        mighty = iam.create_access_key(UserName="kaiwa")["AccessKey"]
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="kaiwa", PolicyName="all", PolicyDocument=json.dumps(everything))
        iam.create_user(UserName="nobody")
        poor = iam.create_access_key(UserName="nobody")["AccessKey"]
        self.env, self.poor_env = (self.env_of(key["AccessKeyId"], key["SecretAccessKey"]) for key in (mighty, poor))

    def env_of(self, key: str, secret: str) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION, "AWS_ENDPOINT_URL": self.url}

    def client(self, service: str):
        """The vendor's own client, as whoever may do all."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.url,
                            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
                            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"])

    def make_bucket(self, name: str) -> None:
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def close(self) -> None:
        self.kill()


class Endpoints:
    """Strict endpoints of credentials: the instance metadata service (version 2), ECS, EKS, and an
    STS that says which key a request was signed with."""

    ROLE = "chat-role"
    TOKEN = "Bearer-abc"

    def __init__(self):
        self.calls: list[str] = []
        self.tokens: dict[str, float] = {}
        self.count = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def reply(self, status: int, body: str = "", **headers: str):
                outer.calls.append(f"{self.command} {self.path} {status}")
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def do_PUT(self):
                life = self.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
                if self.path != "/latest/api/token":
                    return self.reply(404)
                if self.headers.get("X-Forwarded-For"):
                    return self.reply(403)
                if not life.isdigit() or not 1 <= int(life) <= 21600:
                    return self.reply(400)
                token = secrets.token_urlsafe(40)
                outer.tokens[token] = time.time() + int(life)
                self.reply(200, token, X_Aws_Ec2_Metadata_Token_Ttl_Seconds=life)

            def do_GET(self):
                if self.path.startswith("/v2/credentials/"):
                    return self.reply(200, outer.credentials("ECS"))
                if self.path == "/eks":
                    good = self.headers.get("Authorization") == outer.TOKEN
                    return self.reply(200 if good else 401, outer.credentials("EKS") if good else "{}")
                if outer.tokens.get(self.headers.get("x-aws-ec2-metadata-token", ""), 0) < time.time():
                    return self.reply(401)
                found = {"/latest/meta-data/iam/security-credentials/": outer.ROLE,
                         f"/latest/meta-data/iam/security-credentials/{outer.ROLE}": outer.credentials("IMDS"),
                         "/latest/meta-data/placement/region": REGION,
                         "/latest/meta-data/placement/availability-zone/": REGION + "a"}.get(self.path)
                self.reply(200 if found else 404, found or "")

            def do_POST(self):  # STS
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if "Action=AssumeRoleWithWebIdentity" in body:
                    return self.reply(200, outer.assumed("WEB"), Content_Type="text/xml")
                key = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
                if "Action=AssumeRole" in body:
                    return self.reply(200, outer.assumed(f"ROLE-{key}"), Content_Type="text/xml")
                self.reply(200, f"<R><Arn>arn:aws:sts::1:key/{key}</Arn><UserId>u</UserId><Account>1</Account></R>".replace(
                    "<R>", '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>').replace(
                    "</R>", "</GetCallerIdentityResult></GetCallerIdentityResponse>"), Content_Type="text/xml")

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def ends() -> str:
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        return end.strftime("%Y-%m-%dT%H:%M:%SZ")

    def credentials(self, kind: str) -> str:
        self.count += 1
        keys = {"AccessKeyId": f"ASIA{kind}", "SecretAccessKey": "sk", "Token": f"tok-{kind}", "Expiration": self.ends()}
        if kind == "IMDS":
            keys |= {"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": self.ends()}
        else:
            keys["RoleArn"] = "arn:aws:iam::1:role/r"
        return json.dumps(keys)

    def assumed(self, key: str) -> str:
        action = "AssumeRoleWithWebIdentity" if key == "WEB" else "AssumeRole"
        return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
                f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
                f"<Expiration>{self.ends()}</Expiration></Credentials></{action}Result></{action}Response>")

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
