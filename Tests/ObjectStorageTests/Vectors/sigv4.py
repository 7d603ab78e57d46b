#!/usr/bin/env python3
"""Makes sigv4.json: requests signed by botocore, which the signer of ObjectStorage must sign alike.
Needs botocore; run it again only to add cases."""
import datetime
import hashlib
import json
import random
import string
import sys
from urllib.parse import quote

import botocore.auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

random.seed(7)
MOMENT = datetime.datetime(2026, 1, 15, 9, 30, 0)


class Fixed(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return MOMENT

    @classmethod
    def now(cls, tz=None):
        return MOMENT if tz is None else MOMENT.replace(tzinfo=tz)


botocore.auth.get_current_datetime = lambda remove_tzinfo=True: MOMENT


def text(alphabet, least, most):
    return "".join(random.choice(alphabet) for _ in range(random.randint(least, most)))


cases = []
odd = string.ascii_letters + string.digits + " !\"#$%&'()*+,-.:;<=>?@[]^_`{|}~é漢/"
for number in range(60):
    method = random.choice(["GET", "PUT", "HEAD", "DELETE", "POST"])
    key = text(odd.replace(".", ""), 1, 40).strip("/") or "k"
    path = "/bucket/" + quote(key, safe="/~")
    query = [[text(string.ascii_lowercase + "-", 1, 10), text(odd, 0, 12)] for _ in range(random.randint(0, 4))]
    # The client never repeats a name; botocore would keep the order it is given.
    query = [list(q) for q in {q[0]: q for q in query}.values()]
    headers = {"host": random.choice(["s3.example.com", "127.0.0.1:9000", "bucket.s3.eu-central-1.amazonaws.com"])}
    for name in random.sample(["x-amz-acl", "x-amz-meta-a", "Range", "x-amz-object-lock-mode", "Content-MD5"], random.randint(0, 4)):
        headers[name] = text(string.ascii_letters + "  =/", 1, 20).strip() or "v"
    body = text(string.printable, 0, 30).encode()
    token = random.choice([None, None, "TOKEN/" + text(string.ascii_letters, 5, 30)])
    region = random.choice(["us-east-1", "eu-central-1"])
    url = "https://" + headers["host"] + path
    if query:
        url += "?" + "&".join(quote(n, safe="~") + "=" + quote(v, safe="~") for n, v in query)
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    request.headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    S3SigV4Auth(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token), "s3", region).add_auth(request)
    cases.append({"method": method, "path": path, "query": query, "headers": list(map(list, headers.items())),
                  "body": body.decode(), "token": token, "region": region, "authorization": request.headers["Authorization"]})
    assert "20260115T093000Z" in str(dict(request.headers)), dict(request.headers)
json.dump(cases, sys.stdout, indent=1, ensure_ascii=False)
