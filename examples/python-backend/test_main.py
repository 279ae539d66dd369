from fastapi.testclient import TestClient

from main import app

client = TestClient(app)


def test_health_names_the_commit():
    assert client.get("/health").json()["status"] == "ok"
    assert client.get("/health").json()["commit"] == client.get("/version").json()["commit"]


def test_an_answer():
    assert "going back" in client.get("/api/answers/friday").json()["answer"]


def test_no_such_answer():
    assert client.get("/api/answers/monday").status_code == 404
