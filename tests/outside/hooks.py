"""What schemathesis needs to get past the door: an admin who is logged in again whenever a call ended the session, and one
real thing of each kind, whose ids stand in for every second made-up one. Read by stack/schemathesis.sh."""

import glob
import json
import os
import re
import time
import urllib.error
import urllib.request
import zlib

import schemathesis

URL = os.environ["OUTSIDE_URL"]
MAIL = os.environ["OUTSIDE_MAIL"]
PASSWORD = "correct horse battery"


def call(method, path, body=None, token=None, headers=None):
    """Status and JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(URL + path, data=data, method=method, headers=dict(headers or {}))
    if data is not None:
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=75) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read() or b"null")


def expect(status, answer):
    """The body of an answer that has to have this status."""
    if answer[0] != status:
        raise RuntimeError(f"expected {status}, got {answer}")
    return answer[1]


def code_for(email):
    """The code in the newest mail that has one; waits for it."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for name in sorted(glob.glob(f"{MAIL}/*{email}*.eml"), reverse=True):
            with open(name, encoding="utf-8") as file:
                found = re.search(r"^Subject: (\d{6}) ", file.read(), re.MULTILINE)
            if found:
                return found.group(1)
        time.sleep(0.05)
    raise RuntimeError(f"no code came for {email}")


def person(name):
    """Signs somebody up and verifies them; the user."""
    email = f"{name}@example.org"
    body = {"email": email, "password": PASSWORD, "first_name": name.title(), "last_name": "Outside"}
    expect(201, call("POST", "/user/signup", body))
    return expect(200, call("POST", "/user/verify", {"email": email, "otp": code_for(email)}))


def log_in(name):
    """A new session's access token."""
    body = {"email": f"{name}@example.org", "password": PASSWORD}
    return expect(200, call("POST", "/user/login", body))["access_token"]


class Login:
    """The admin's token, another one as soon as it opens nothing any more."""

    def __init__(self):
        self.token = None

    def get(self, case, context):
        if self.token is None or call("GET", "/user/me", token=self.token)[0] != 200:
            self.token = log_in("admin")
        return self.token

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"


def furnish():
    """One real thing of each kind, by the path that names it."""
    person("admin")
    guest = person("guest")
    token = log_in("admin")
    machine = expect(200, call("GET", "/machines?name=nginx"))["items"][0]["id"]
    made = expect(201, call("POST", "/allocations", {"machine_id": machine, "name": "outside"}, token, {"Prefer": "wait=60"}))
    comment = expect(201, call("POST", f"/feed/{machine}/comments", {"text": "Runs well."}, token))
    hook = {"url": "https://example.org/hook", "events": ["*"]}
    status, webhook = call("POST", "/notifications/webhooks", hook, token)
    return {
        "/allocations/quota/{tenant_id}": {"tenant_id": made["tenant_id"]},
        "/allocations/{id}": {"id": made["id"]},
        "/interact/allocations/{id}": {"id": made["id"]},
        "/machines/{id}": {"id": machine},
        "/feed/{machine_id}/comments/{id}": {"machine_id": machine, "id": comment["id"]},
        "/feed/{machine_id}": {"machine_id": machine},
        "/feed/{id}": {"id": machine},
        "/notifications/webhooks/{id}": {"id": webhook["id"]} if status == 201 else {},
        "/user/{id}": {"id": guest["id"]},
    }


THINGS = furnish()
schemathesis.auth(refresh_interval=1)(Login)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Every second made-up id is that of a real thing."""
    if not path_parameters or zlib.crc32(repr(sorted(path_parameters.items())).encode()) % 2:
        return path_parameters
    known = [ids for path, ids in THINGS.items() if context.operation.path.startswith(path)]
    if not known:
        return path_parameters
    return {**path_parameters, **{name: id for name, id in known[0].items() if name in path_parameters}}
