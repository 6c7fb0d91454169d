"""The service as `app.main` puts it together; its routes, also those that are not in the OpenAPI document, are listed by `app/web/authorisation.py`."""

from __future__ import annotations

from fastapi import FastAPI

from app.main import create_app
from app.settings import load_settings
from app.web.authorisation import access_asked_by, name_of, routes_of

__all__ = ["access_asked_by", "name_of", "routes_of", "the_service"]


def the_service() -> FastAPI:
    """The application, wired but not started: no store is opened."""
    return create_app(load_settings())
