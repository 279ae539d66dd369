"""The same API in Python: health, version, one route; settings checked at the start; JSON logs."""

import json
import logging
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException

ANSWERS = {
    "friday": "Yes, if going back takes a minute and somebody is watching.",
    "rollback-or-fix": "Roll back first. A fix is written better when nobody is waiting for it.",
}


class JsonLines(logging.Formatter):
    """One JSON object a line: what CloudWatch Logs can query by field."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {"time": self.formatTime(record), "level": record.levelname, "message": record.getMessage()}
        )


def baked_commit() -> str:
    """The image carries its commit in a file, so that the version is of the image and not of a setting beside it."""
    file = Path(__file__).with_name("COMMIT")
    return file.read_text().strip() if file.exists() else "unknown"


COMMIT = os.environ.get("APP_COMMIT") or baked_commit()
log = logging.getLogger("app")


@asynccontextmanager
async def lifespan(_app: FastAPI):
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), handlers=[handler], force=True)
    log.info("listening, commit %s", COMMIT)
    yield
    # uvicorn has let the requests under way end by now: SIGTERM is its graceful stop.
    log.info("stopped")


app = FastAPI(title="wwhd", lifespan=lifespan)


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok", "commit": COMMIT}


@app.get("/version")
def version() -> dict[str, str]:
    return {"commit": COMMIT, "environment": os.environ.get("APP_ENV", "development")}


@app.get("/api/answers/{answer_id}")
def answer(answer_id: str) -> dict[str, str]:
    if answer_id not in ANSWERS:
        raise HTTPException(status_code=404, detail=f"no answer {answer_id}")
    return {"id": answer_id, "answer": ANSWERS[answer_id]}
