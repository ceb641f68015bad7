"""Debian's python3-google-auth, unmodified, with what the gateway issues."""

import json
import os
import unittest

import google.auth.compute_engine
import google.auth.jwt
import google.auth.transport.requests
from google.oauth2 import id_token, service_account

with open(os.environ["MOONGATE_TEST_SURROUNDINGS"], encoding="utf-8") as file:
    GIVEN = json.load(file)
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
TARGET = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent"
ASK = {"contents": [{"parts": [{"text": "hi"}]}]}


def call(session, url, **more):
    return session.post(url + TARGET, json=ASK, timeout=20, **more)


class KeyFile(unittest.TestCase):
    def credentials(self):
        return service_account.Credentials.from_service_account_file(GIVEN["key_file"], scopes=SCOPES)

    def test_a_key_file_is_exchanged_at_its_own_token_uri_and_the_token_calls(self):
        credentials = self.credentials()
        session = google.auth.transport.requests.AuthorizedSession(credentials)
        answer = call(session, GIVEN["http"])
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertTrue(credentials.token.startswith("ya29.mg-"))

    def test_the_same_over_tls_with_the_gateways_certificate(self):
        session = google.auth.transport.requests.AuthorizedSession(self.credentials())
        answer = call(session, GIVEN["https"], verify=GIVEN["certificate"])
        self.assertEqual(answer.status_code, 200, answer.text)

    def test_a_stream(self):
        session = google.auth.transport.requests.AuthorizedSession(self.credentials())
        answer = session.post(GIVEN["http"] + TARGET.replace("generateContent", "streamGenerateContent") + "?alt=sse",
                              json={"contents": [{"parts": [{"text": "[[sim: events=20]]"}]}]}, stream=True, timeout=20)
        events = [json.loads(line[5:]) for line in answer.iter_lines() if line.startswith(b"data:")]
        text = "".join(part.get("text", "") for event in events for candidate in event.get("candidates", [])
                       for part in candidate.get("content", {}).get("parts", []))
        self.assertEqual(text, "".join(f"w{number} " for number in range(1, 21)))

    def test_a_self_signed_jwt_is_a_credential_too(self):
        credentials = google.auth.jwt.Credentials.from_service_account_file(
            GIVEN["key_file"], audience="https://aiplatform.googleapis.com/")
        answer = call(google.auth.transport.requests.AuthorizedSession(credentials), GIVEN["http"])
        self.assertEqual(answer.status_code, 200, answer.text)

    def test_a_key_file_whose_key_was_changed_is_refused(self):
        with open(GIVEN["other_key_file"], encoding="utf-8") as file:
            other = json.load(file)
        with open(GIVEN["key_file"], encoding="utf-8") as file:
            mixed = json.load(file) | {"private_key": other["private_key"]}
        credentials = service_account.Credentials.from_service_account_info(mixed, scopes=SCOPES)
        with self.assertRaises(google.auth.exceptions.RefreshError) as raised:
            credentials.refresh(google.auth.transport.requests.Request())
        self.assertIn("invalid_grant", str(raised.exception))


class IdTokens(unittest.TestCase):
    def test_an_id_token_is_fetched_and_verified_against_our_certificates(self):
        credentials = service_account.IDTokenCredentials.from_service_account_file(
            GIVEN["key_file"], target_audience="https://service.test")
        request = google.auth.transport.requests.Request()
        credentials.refresh(request)
        token = credentials.token
        claims = id_token.verify_token(token, request, audience="https://service.test",
                                       certs_url=GIVEN["control"] + "/oauth2/v1/certs")
        self.assertEqual(claims["aud"], "https://service.test")
        self.assertIn(claims["iss"], ("https://accounts.google.com", "accounts.google.com"))
        with self.assertRaises(ValueError):
            id_token.verify_token(token, request, audience="https://other.test",
                                  certs_url=GIVEN["control"] + "/oauth2/v1/certs")


class Metadata(unittest.TestCase):
    def test_the_metadata_face_stands_in_for_a_key_file(self):
        credentials = google.auth.compute_engine.Credentials()
        session = google.auth.transport.requests.AuthorizedSession(credentials)
        answer = call(session, GIVEN["http"])
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertTrue(credentials.token.startswith("ya29.mg-"))

    def test_the_default_credentials_are_found_without_a_file(self):
        credentials, project = google.auth.default(scopes=SCOPES)
        self.assertIsInstance(credentials, google.auth.compute_engine.Credentials)
        self.assertTrue(project)
