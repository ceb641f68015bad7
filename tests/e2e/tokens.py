"""Google credentials by hand: keys, key files and the JWTs that a library, or an attacker, would make of them."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def base64url(data):
    if isinstance(data, (dict, list)):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def load_key(pem):
    return serialization.load_pem_private_key(pem.encode(), None)


def jwt(key, header, claims):
    signed = f"{base64url(header)}.{base64url(claims)}"
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64url(signature)}"


def jwt_hs256(secret, header, claims):
    signed = f"{base64url(header)}.{base64url(claims)}"
    return f"{signed}.{base64url(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def jwt_none(claims):
    return f"{base64url({'alg': 'none', 'typ': 'JWT'})}.{base64url(claims)}."


def google_key_file(key, project="real-project", email="robot@real-project.iam.gserviceaccount.com",
                    token_uri="https://oauth2.googleapis.com/token"):
    return {"type": "service_account", "project_id": project, "private_key_id": "k1", "private_key": private_pem(key),
            "client_email": email, "client_id": "1", "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri, "universe_domain": "googleapis.com"}


class Account:
    """What a library does with a key file that the gateway issued."""

    def __init__(self, key_file):
        self.file = key_file
        self.key = load_key(key_file["private_key"])

    def header(self, **changes):
        return _changed({"alg": "RS256", "typ": "JWT", "kid": self.file["private_key_id"]}, changes)

    def bearer_claims(self, **changes):
        """Node's library with a universe of its own."""
        now = int(time.time())
        return _changed({"iss": self.file["client_email"], "sub": self.file["client_email"], "scope": SCOPE,
                         "iat": now, "exp": now + 3600}, changes)

    def assertion_claims(self, **changes):
        """Python's library, on its way to the token endpoint."""
        now = int(time.time())
        return _changed({"iss": self.file["client_email"], "aud": self.file["token_uri"], "scope": SCOPE,
                         "iat": now, "exp": now + 3600}, changes)

    def bearer(self, header=None, **claims):
        return jwt(self.key, self.header() if header is None else header, self.bearer_claims(**claims))

    def assertion(self, header=None, **claims):
        return jwt(self.key, self.header() if header is None else header, self.assertion_claims(**claims))


def _changed(base, changes):
    """`base` with changes; a change to None removes."""
    return {name: value for name, value in (base | changes).items() if value is not None}
