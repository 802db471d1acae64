import time

import pytest

from tests.studio.conftest import TOKEN, Answer, Client, Start, painted


def test_every_call_takes_the_token(client: Client) -> None:
    stranger = Client(client.port, client.folder, {})
    calls = [("GET", "health"), ("GET", "model"), ("GET", "templates/valley"), ("POST", "terrain"), ("POST", "import")]
    calls += [("POST", "export"), ("GET", "export/x"), ("DELETE", "export/x"), ("GET", "export/x/zip")]
    calls += [("POST", "project"), ("POST", "project/open"), ("GET", "none")]
    for method, path in calls:
        for headers in ({}, {"X_Studio_Token": ""}, {"X_Studio_Token": TOKEN + "x"}, {"X_Studio_Token": "é"}):
            answer = stranger.ask(method, f"/api/{path}", None, **headers)
            assert answer.status == 401
            assert "open the address that it printed" in answer.error
    assert stranger.get(f"/api/model?token={TOKEN}").status == 401


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[", "a b"])
def test_names_that_only_lead_here_are_refused(client: Client, host: str) -> None:
    """DNS rebinding: a page's own name that was made to lead to this machine."""
    for path in ("/", "/api/health"):
        answer = client.get(path, Host=host)
        assert answer.status == 421
        assert "open the one that was printed" in answer.error


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8642", "192.168.1.7:80"])
def test_own_names_and_addresses_are_ours(client: Client, host: str) -> None:
    assert client.get("/api/health", Host=host).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Origin": "https://{host}"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_other_pages_requests_are_refused(client: Client, headers: dict[str, str]) -> None:
    own = f"127.0.0.1:{client.port}"
    answer = client.get("/api/health", **{name: value.format(host=own) for name, value in headers.items()})
    assert answer.status == 403
    assert "use the studio's own" in answer.error


def test_the_own_page_is_let_in(client: Client) -> None:
    own = {"Origin": f"http://127.0.0.1:{client.port}", "Sec_Fetch_Site": "same-origin"}
    assert client.get("/api/health", **own).json == {"ok": True, "model": "tiny"}


def _is_safe(answer: Answer) -> bool:
    policy = answer.headers["content-security-policy"]
    return (
        "default-src 'none'" in policy
        and "unsafe" not in policy
        and "*" not in policy
        and answer.headers["x-content-type-options"] == "nosniff"
        and answer.headers["referrer-policy"] == "no-referrer"
        and answer.headers["cross-origin-resource-policy"] == "same-origin"
        and "server" not in answer.headers
        and not [name for name in answer.headers if name.startswith("access-control")]
    )


def test_every_answer_has_safe_headers(client: Client) -> None:
    answers = [client.get("/api/health"), client.get("/"), client.get("/api/none"), client.terrain(painted(9, 9))]
    answers += [client.get("/", Host="evil.example"), client.ask("OPTIONS", "/api/terrain")]
    assert {answer.status for answer in answers} == {200, 503, 404, 400, 421, 405}
    assert all(map(_is_safe, answers))
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}


def test_calls_that_there_are_not(client: Client) -> None:
    assert "there is no such call" in client.get("/api/none").error
    assert client.ask("PUT", "/api/terrain").status == 405


def test_others_are_limited_in_rate(start: Start) -> None:
    with start(host="0.0.0.0") as client:
        answers = [client.get("/api/health") for _ in range(200)]
        assert {answer.status for answer in answers} == {200, 429}
        assert "wait a moment" in next(answer for answer in answers if answer.status == 429).error
        while client.get("/api/health").status == 429:  # it goes on
            time.sleep(0.05)


def test_a_page_that_came_by_tls_from_a_proxy_is_the_own_one(start: Start) -> None:
    with start(host="0.0.0.0") as client:
        own = {"Host": "localhost", "Sec_Fetch_Site": "same-origin"}
        statuses = [client.get("/api/health", Origin=origin, **own).status for origin in _ORIGINS]
        assert statuses == [200, 200, 403, 403]


_ORIGINS = ("https://localhost", "http://localhost", "https://evil.example", "https://localhost:444")


def test_this_machine_is_not_limited_in_rate(client: Client) -> None:
    assert {client.get("/api/health").status for _ in range(200)} == {200}
