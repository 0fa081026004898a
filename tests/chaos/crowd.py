"""People who add and delete keys through the console's pages, and count for themselves what they were told."""

import http.client
import random
import re
import threading
import time
from collections import Counter
from urllib.parse import urlencode


class Visitor:
    """A browser without a script: cookies, forms, no redirects followed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._cookies: dict[str, str] = {}

    def sign_in(self, email: str, password: str) -> None:
        """Open a session. Raises OSError or http.client.HTTPException when the console does not answer."""
        self.get("/accounts/login/")
        status, _body = self.post("/accounts/login/", {"login": email, "password": password})
        if status not in (302, 303):
            raise OSError(f"signing in was answered {status}")

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        """Status and text of the answer to a form."""
        return self._ask("POST", path, fields | {"csrfmiddlewaretoken": self._cookies.get("console_csrf", "")})

    def _ask(self, method: str, path: str, fields: dict[str, str] | None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
            body = None
            if fields is not None:
                body = urlencode(fields)
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            for cookie in response.headers.get_all("Set-Cookie") or []:
                name, _equals, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            return response.status, response.read().decode(errors="replace")
        finally:
            connection.close()


class Crowd:
    """
    Several visitors at once. `accepted` counts the requests by domain that were answered 303, `uncertain` those whose
    answer never came, `refused` the others; nothing of it is read from the console's database.
    """

    def __init__(
        self, port: int, domains: list[str], keys: list[str], *, wanted: int, pace: float, dice: random.Random
    ) -> None:
        self.accepted: Counter[str] = Counter()
        self.uncertain: Counter[str] = Counter()
        self.refused: Counter[int] = Counter()
        self._port, self._domains, self._keys, self._wanted, self._dice = port, domains, keys, wanted, dice
        self._pace = pace
        self._lock = threading.Lock()

    @property
    def submitted(self) -> int:
        """How many requests the console took."""
        return self.accepted.total()

    def run(self, *, visitors: int, deadline: float) -> None:
        """Ask until enough was taken or the time (monotonic) is up."""
        threads = [threading.Thread(target=self._visit, args=(deadline,), daemon=True) for _ in range(visitors)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _visit(self, deadline: float) -> None:
        visitor = None
        while self.submitted < self._wanted and time.monotonic() < deadline:
            try:
                if visitor is None:
                    fresh = Visitor(self._port)
                    fresh.sign_in("alice@example.net", "correct horse")
                    visitor = fresh
                self._ask_for_a_change(visitor)
                time.sleep(self._dice.uniform(0, 2 * self._pace))
            except (OSError, http.client.HTTPException):
                time.sleep(0.2)  # The web server is down: it comes back.

    def _ask_for_a_change(self, visitor: Visitor) -> None:
        with self._lock:
            domain, key, adding = (
                self._dice.choice(self._domains),
                self._dice.choice(self._keys),
                self._dice.random() < 0.6,
            )
        page = f"/domains/{domain}/dnssec/"
        if adding:
            path, fields = f"{page}keys/", {"key_type": "257", "algorithm": "13", "public_key": key}
        else:
            _status, text = visitor.get(page)
            rows = re.findall(rf"{page}keys/(\d+)/delete/", text)
            if not rows:
                return
            with self._lock:
                path, fields = f"{page}keys/{self._dice.choice(rows)}/remove/", {}
        try:
            status, _text = visitor.post(path, fields)
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.uncertain[domain] += 1
            raise
        with self._lock:
            if status == 303:
                self.accepted[domain] += 1
            else:
                self.refused[status] += 1
