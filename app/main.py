"""Wires everything, once: opens the stores, builds each service, mounts routes and sockets. The only module that knows every package."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from app.accounts import routes as account_routes
from app.accounts.origin import OriginGuard
from app.accounts.security_headers import SecurityHeaders
from app.accounts.service import AccountService
from app.catalog import routes as catalog_routes
from app.catalog.service import CatalogService
from app.infra.database import open_database
from app.infra.job_lock import JobLock
from app.infra.redis_client import open_redis
from app.infra.tasks import TaskOwner, repeat
from app.infra.telemetry import configure_logging
from app.live import routes as live_routes
from app.live import sockets as live_sockets
from app.live.commands import live_handlers
from app.live.jobs import LiveJobs
from app.live.rooms import RoomDirectory
from app.live.service import SessionService
from app.metrics import routes as metrics_routes
from app.metrics.jobs import MetricsJobs
from app.metrics.service import MetricsService
from app.orders import routes as order_routes
from app.orders.commands import order_handlers
from app.orders.jobs import OrderJobs
from app.orders.offers import OfferService
from app.orders.projector import Projector
from app.orders.service import OrderService
from app.problem_handlers import add_problem_handlers
from app.realtime.hub import Hub
from app.realtime.room_log import RoomLog
from app.realtime.router import Router
from app.realtime.tickets import TicketSigner
from app.reports import routes as report_routes
from app.reports.jobs import ReportJobs
from app.reports.service import ReportService
from app.settings import Settings
from app.web import pages

log = structlog.get_logger(__name__)
